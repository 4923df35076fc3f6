//! Quantised matrices and the arithmetic of a transformer layer.
//!
//! A [`Matrix`] is borrowed weights, [`Activations`] are the inputs of a product, and
//! [`matmul::matmul`] multiplies them on all CPUs. Every operation takes [`CpuFeatures`], which speak
//! one of three dialects ([`CpuFeatures::dialect`]), and all kernels of a dialect give the same bits:
//! [`scalar`] and [`fixed`] define the operations and their order, and the vector kernels follow them.
#![no_std]

extern crate alloc;

pub mod activations;
pub mod attention;
mod avx2;
mod avx2_lanes;
pub mod codes;
pub mod cpu;
mod fixed;
mod formats;
#[cfg(test)]
mod formats_tests;
mod fused;
pub mod gelu;
pub mod half;
pub mod kind;
mod lanes;
pub mod matmul;
#[cfg(test)]
mod matmul_tests;
pub mod matrix;
pub mod panels;
mod scalar;
pub mod split;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod vector;
#[cfg(test)]
mod vector_tests;

pub use activations::Activations;
pub use cpu::{CpuFeatures, Dialect};
pub use kind::{BLOCK_LEN, SUPER_BLOCK_LEN, TensorType};
pub use matmul::matmul;
pub use matrix::{Matrix, ShapeError};
pub use panels::Panels;
