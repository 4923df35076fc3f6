//! A canvas that remembers what it was to show.

use crate::facility::{Canvas, Drawing};
use alloc::vec::Vec;
use core::cell::RefCell;

/// Records drawings.
#[derive(Debug, Default)]
pub struct FakeCanvas {
    drawings: RefCell<Vec<Drawing>>,
}

impl FakeCanvas {
    /// What was shown, oldest first.
    pub fn drawings(&self) -> Vec<Drawing> {
        self.drawings.borrow().clone()
    }
}

impl Canvas for FakeCanvas {
    fn show(&self, drawing: &Drawing) {
        self.drawings.borrow_mut().push(drawing.clone());
    }
}
