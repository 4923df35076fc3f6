//! Model files for tests: a writer of GGUF, small random models, and files with one defect each.

mod damaged;
mod model;
mod writer;

pub use damaged::{Defect, damaged_model};
pub use model::TestModel;
pub use writer::GgufWriter;
