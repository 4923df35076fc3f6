//! The event log: what the system reports to tests, a JSON object a line.
#![no_std]
#![forbid(unsafe_code)]
