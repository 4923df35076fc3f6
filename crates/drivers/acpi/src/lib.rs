//! ACPI tables read from bytes.
#![no_std]
#![forbid(unsafe_code)]
