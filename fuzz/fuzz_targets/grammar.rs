//! The long run of [`fuzz::grammar`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::grammar::run(data));
