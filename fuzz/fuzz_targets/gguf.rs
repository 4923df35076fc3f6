//! The long run of [`fuzz::gguf`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::gguf::run(data));
