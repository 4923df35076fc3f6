//! The long run of [`fuzz::cron`].
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| fuzz::cron::run(data));
