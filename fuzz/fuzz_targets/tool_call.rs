//! The long run of [`fuzz::tool_call`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::tool_call::run(data));
