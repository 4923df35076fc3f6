//! The agent: prompt, generate, call, observe.
#![no_std]
#![forbid(unsafe_code)]
