//! Tools: the system calls of the agent.
#![no_std]
#![forbid(unsafe_code)]
