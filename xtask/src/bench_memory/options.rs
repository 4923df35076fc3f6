//! The options of `bench-memory`.

use crate::cli::UsageError;

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemoryBenchOptions {
    /// Whether faiss and hnswlib are measured too.
    pub has_peer: bool,
    /// Vectors.
    pub count: usize,
    /// Questions.
    pub queries: usize,
    /// How often each has its turn.
    pub rounds: usize,
}

impl MemoryBenchOptions {
    /// Reads what stands behind `bench-memory`.
    ///
    /// # Errors
    /// An unknown option, or a value that makes no sense.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, UsageError> {
        let mut options = Self { has_peer: false, count: 100_000, queries: 1000, rounds: 7 };
        while let Some(option) = arguments.next() {
            let mut number = |least: usize| {
                let value = arguments.next().ok_or(UsageError::MissingValue(option.clone()))?;
                match value.parse() {
                    Ok(number) if number >= least => Ok(number),
                    _ => Err(UsageError::BadValue {
                        option: option.clone(),
                        value,
                        expected: format!("a whole number from {least} on"),
                    }),
                }
            };
            match option.as_str() {
                "--peer" => options.has_peer = true,
                "--count" => options.count = number(1000)?,
                "--queries" => options.queries = number(10)?,
                "--rounds" => options.rounds = number(1)?,
                _ => return Err(UsageError::UnknownOption(option)),
            }
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<MemoryBenchOptions, UsageError> {
        MemoryBenchOptions::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn options_are_taken_and_nonsense_is_named() {
        let options = parse("--count 5000 --peer --queries 50 --rounds 2").unwrap();
        let expected = MemoryBenchOptions { has_peer: true, count: 5000, queries: 50, rounds: 2 };
        assert_eq!(options, expected);
        assert_eq!(parse("").unwrap().count, 100_000);
        let error = |line| parse(line).unwrap_err().to_string();
        assert_eq!(error("--fast"), "there is no option \"--fast\"");
        assert_eq!(error("--count"), "--count needs a value");
        assert_eq!(error("--count 10"), "--count cannot be \"10\": a whole number from 1000 on");
    }
}
