//! The PS/2 controller and keyboard.
#![no_std]
#![forbid(unsafe_code)]
