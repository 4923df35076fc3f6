//! The console: view model, layout, panels; drawn as pixels and as text cells.
#![no_std]
#![forbid(unsafe_code)]
