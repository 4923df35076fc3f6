//! Stop strings: texts that end a reply wherever they come, across the borders of tokens.

use crate::tokenizer::Utf8Stream;
use alloc::{string::String, vec::Vec};
use core::fmt;

/// A stop string that every text would contain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EmptyStop;

impl fmt::Display for EmptyStop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a stop string must not be empty")
    }
}

impl core::error::Error for EmptyStop {}

/// What more may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// The text.
    pub text: String,
    /// Which stop string has come; what it ends is shown, itself and what follows is not.
    pub stop: Option<usize>,
}

/// Turns the bytes of tokens into text up to the first stop string, and never shows half a
/// character, nor the beginning of what may become a stop string.
///
/// The first stop string is the one that is complete first, the longest of several. However the
/// bytes are cut into pieces, the text is the same.
#[derive(Clone, Debug, Default)]
pub struct StopStream {
    stops: Vec<Vec<u8>>,
    /// Bytes that a stop string begins with; the longest end of the stream that does.
    held: Vec<u8>,
    characters: Utf8Stream,
    stopped: Option<usize>,
}

impl StopStream {
    /// A stream at its beginning, to be ended by any of `stops`; by none if there are none.
    ///
    /// # Errors
    /// An empty stop string.
    pub fn new<S: AsRef<str>>(stops: &[S]) -> Result<Self, EmptyStop> {
        if stops.iter().any(|stop| stop.as_ref().is_empty()) {
            return Err(EmptyStop);
        }
        let stops = stops.iter().map(|stop| stop.as_ref().as_bytes().to_vec()).collect();
        Ok(Self { stops, ..Self::default() })
    }

    /// The text that `bytes` completes. After a stop string nothing more comes.
    pub fn push(&mut self, bytes: &[u8]) -> Released {
        let mut text = String::new();
        for &byte in bytes {
            if self.stopped.is_some() {
                break;
            }
            self.held.push(byte);
            self.stopped = self.complete();
            let kept = match self.stopped {
                Some(stop) => self.stops[stop].len(),
                None => self.beginning_len(),
            };
            let released = self.held.len() - kept;
            if released > 0 {
                text.push_str(&self.characters.push(&self.held[..released]));
                self.held.drain(..released);
            }
        }
        if self.stopped.is_some() {
            text.push_str(&self.characters.finish());
        }
        Released { text, stop: self.stopped }
    }

    /// Ends the stream without a stop string: what was held back.
    pub fn finish(&mut self) -> String {
        if self.stopped.is_some() {
            return String::new();
        }
        let mut text = self.characters.push(&self.held);
        self.held.clear();
        text.push_str(&self.characters.finish());
        text
    }

    /// The longest stop string that the held bytes end with.
    fn complete(&self) -> Option<usize> {
        let is_there = |&index: &usize| self.held.ends_with(&self.stops[index]);
        (0..self.stops.len()).filter(is_there).max_by_key(|&index| self.stops[index].len())
    }

    /// Length of the longest end of the held bytes that a stop string begins with.
    fn beginning_len(&self) -> usize {
        let begins = |&len: &usize| {
            let end = &self.held[self.held.len() - len..];
            self.stops.iter().any(|stop| stop.starts_with(end))
        };
        (1..=self.held.len()).rev().find(begins).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use llm_tensor::testing::Random;

    /// What must come out, found by looking at the whole.
    fn expected(stops: &[&str], bytes: &[u8]) -> (String, Option<usize>) {
        for end in 1..=bytes.len() {
            let complete = |index: &usize| bytes[..end].ends_with(stops[*index].as_bytes());
            let stop = (0..stops.len()).filter(complete).max_by_key(|&index| stops[index].len());
            if let Some(stop) = stop {
                let shown = &bytes[..end - stops[stop].len()];
                return (String::from_utf8_lossy(shown).into_owned(), Some(stop));
            }
        }
        (String::from_utf8_lossy(bytes).into_owned(), None)
    }

    #[test]
    fn however_the_bytes_are_cut_the_text_is_the_same() {
        let mut random = Random::new(11);
        // Few letters, so that stop strings begin often and sometimes come; one of two bytes, and
        // one byte that is none.
        let letters: [&[u8]; 5] = [b"a", b"b", "\u{e9}".as_bytes(), &[0xc3], "\u{20ac}".as_bytes()];
        let stops = ["abab", "aab", "b\u{e9}b", "\u{20ac}\u{e9}", "ab\u{e9}abab"];
        let mut stopped = 0;
        for _ in 0..2000 {
            let len = random.below(14);
            let bytes: Vec<u8> =
                (0..len).flat_map(|_| letters[random.below(letters.len())].to_vec()).collect();
            let first = random.below(stops.len());
            let stops = &stops[first..stops.len().min(first + random.below(4))];
            let mut stream = StopStream::new(stops).expect("none is empty");
            let (mut text, mut stop) = (String::new(), None);
            let mut rest = bytes.as_slice();
            while !rest.is_empty() {
                let (piece, after) = rest.split_at(1 + random.below(rest.len()));
                let released = stream.push(piece);
                assert!(stop.is_none() || released.text.is_empty(), "it has ended");
                text.push_str(&released.text);
                stop = released.stop;
                rest = after;
            }
            text.push_str(&stream.finish());
            assert_eq!((text, stop), expected(stops, &bytes), "{stops:?} in {bytes:02x?}");
            stopped += usize::from(stop.is_some());
        }
        assert!((100..1900).contains(&stopped), "both happen: {stopped}");
    }

    #[test]
    fn only_what_may_be_a_stop_string_is_held_back() {
        let mut stream = StopStream::new(&["\nUser:"]).expect("it is not empty");
        let released = |text: &str| Released { text: text.to_string(), stop: None };
        assert_eq!(stream.push(b"Hello\nU"), released("Hello"));
        assert_eq!(stream.push(b"s"), released(""));
        assert_eq!(stream.push(b"a\n"), released("\nUsa"));
        assert_eq!(stream.push(b"User: x"), Released { text: String::new(), stop: Some(0) });
        assert_eq!(stream.finish(), "");
    }

    #[test]
    fn an_empty_stop_string_is_refused() {
        assert_eq!(StopStream::new(&["a", ""]).map(|_| ()), Err(EmptyStop));
    }
}
