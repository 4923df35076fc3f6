//! Algorithms of the kernel that need no hardware.
#![no_std]
