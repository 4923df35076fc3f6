//! The kernel's event log, read while it is being written.

use regex::Regex;
use serde_json::Value;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// The lines of an event log so far, and how far the reader has come.
#[derive(Debug)]
pub struct EventLog {
    file: File,
    lines: Vec<String>,
    unfinished: Vec<u8>,
    next: usize,
}

/// What [`EventLog::find`] saw.
#[derive(Debug, PartialEq, Eq)]
pub enum Found {
    /// This line matched.
    Match(String),
    /// Before any line matched, the kernel panicked with this line.
    Panic(String),
    /// Neither yet.
    Nothing,
}

impl EventLog {
    /// Follows the file at `path`, which must exist.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: File::open(path)?, lines: Vec::new(), unfinished: Vec::new(), next: 0 })
    }

    /// Takes in what has been written since the last call.
    pub fn refresh(&mut self) -> io::Result<()> {
        self.file.read_to_end(&mut self.unfinished)?;
        while let Some(end) = self.unfinished.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.unfinished.drain(..=end).collect();
            self.lines.push(String::from_utf8_lossy(&line).trim_end().to_owned());
        }
        Ok(())
    }

    /// Looks for `pattern` in the lines that no earlier match has passed, and moves past the match.
    pub fn find(&mut self, pattern: &Regex) -> Found {
        for (offset, line) in self.lines[self.next..].iter().enumerate() {
            if pattern.is_match(line) {
                let line = line.clone();
                self.next += offset + 1;
                return Found::Match(line);
            }
            if is_panic(line) {
                return Found::Panic(line.clone());
            }
        }
        Found::Nothing
    }

    /// A panic that no match has passed.
    pub fn panic(&self) -> Option<&str> {
        self.lines[self.next..].iter().map(String::as_str).find(|line| is_panic(line))
    }

    /// All lines.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// All lines that are JSON.
    pub fn events(&self) -> Vec<Value> {
        self.lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }
}

fn is_panic(line: &str) -> bool {
    serde_json::from_str::<Value>(line).is_ok_and(|event| event["event"] == "panic")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::machine::scratch::Scratch;
    use std::io::Write;

    fn log_of(text: &str) -> (Scratch, EventLog) {
        let scratch = Scratch::new().unwrap();
        let path = scratch.path().join("events");
        std::fs::write(&path, text).unwrap();
        let mut log = EventLog::open(&path).unwrap();
        log.refresh().unwrap();
        (scratch, log)
    }

    #[test]
    fn each_wait_looks_behind_the_match_before() {
        let (_scratch, mut log) =
            log_of("{\"event\":\"reply\",\"n\":1}\n{\"event\":\"reply\",\"n\":2}\n");
        let reply = Regex::new("reply").unwrap();
        let line = |n| Found::Match(format!("{{\"event\":\"reply\",\"n\":{n}}}"));
        assert_eq!(log.find(&reply), line(1));
        assert_eq!(log.find(&reply), line(2));
        assert_eq!(log.find(&reply), Found::Nothing);
    }

    #[test]
    fn a_line_counts_once_it_is_complete() {
        let (scratch, mut log) = log_of("{\"event\":\"rea");
        let ready = Regex::new("ready").unwrap();
        assert_eq!(log.find(&ready), Found::Nothing);
        let path = scratch.path().join("events");
        let mut file = std::fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(b"dy\"}\n").unwrap();
        log.refresh().unwrap();
        assert_eq!(log.find(&ready), Found::Match("{\"event\":\"ready\"}".to_owned()));
    }

    #[test]
    fn a_panic_ends_the_wait_unless_it_is_what_was_waited_for() {
        let text = "{\"event\":\"panic\",\"message\":\"boom\"}\n{\"event\":\"ready\"}\n";
        let panic = || "{\"event\":\"panic\",\"message\":\"boom\"}".to_owned();
        let (_scratch, mut log) = log_of(text);
        assert_eq!(log.find(&Regex::new("ready").unwrap()), Found::Panic(panic()));
        assert_eq!(log.panic(), Some(&*panic()));
        assert_eq!(log.find(&Regex::new("boom").unwrap()), Found::Match(panic()));
        assert_eq!(log.panic(), None);
    }

    #[test]
    fn the_word_panic_in_a_reply_is_no_panic() {
        let (_scratch, log) =
            log_of("{\"event\":\"reply\",\"text\":\"\\\"event\\\":\\\"panic\\\"\"}\n");
        assert_eq!(log.panic(), None);
    }
}
