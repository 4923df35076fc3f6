//! Model files for tests: small random models, and files with one defect each.

mod damaged;
mod model;

pub use damaged::{Defect, damaged_model};
pub use model::TestModel;
