//! Keys typed on a serial terminal.
#![no_std]
#![forbid(unsafe_code)]
