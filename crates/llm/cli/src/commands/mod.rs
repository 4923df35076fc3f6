//! One module for each command.

pub mod bench;
pub mod generate;
pub mod make_reference;
pub mod make_test_model;
pub mod parity;
pub mod tokenize;
