//! Finds what can be computed in a person's request.

use alloc::{string::String, vec::Vec};

/// The parts of a request that can be computed, best first; empty if there are none.
pub fn readings(request: &str) -> Vec<String> {
    let _ = request;
    Vec::new()
}
