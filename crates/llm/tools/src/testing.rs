//! Fakes of the parts that tools need, for tests here and in other crates.

#[cfg(test)]
mod bench;
mod canvas;
mod code;
mod files;
mod network;

#[cfg(test)]
pub(crate) use bench::{Bench, TestMachine};
pub use canvas::FakeCanvas;
pub use code::FakeCodeHost;
pub use files::FakeFiles;
pub use network::FakeNetwork;
