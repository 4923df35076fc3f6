//! Pixels: back buffer, glyphs, damage.
#![no_std]
#![forbid(unsafe_code)]
