//! Runs the engine on the host.
fn main() {}
