//! The long run of [`fuzz::calculator`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::calculator::run(data));
