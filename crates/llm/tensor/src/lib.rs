//! Quantised matrices and the arithmetic of a transformer layer.
#![no_std]
