//! The options of `bench-llm`.

use crate::cli::UsageError;
use crate::model::ModelChoice;
use std::str::FromStr;
use std::thread;

/// What to measure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BenchOptions {
    /// The model.
    pub model: ModelChoice,
    /// Whether llama.cpp is measured too.
    pub has_peer: bool,
    /// Numbers of threads, one after the other.
    pub threads: Vec<usize>,
    /// Tokens of the prompt.
    pub prompt: usize,
    /// Tokens decoded behind it.
    pub generate: usize,
    /// Tokens of a second, longer prompt, behind which decoding is measured too.
    pub depth: Option<usize>,
    /// Tokens of context; as many as needed otherwise.
    context: Option<usize>,
    /// How often each engine has its turn.
    pub rounds: usize,
}

impl BenchOptions {
    /// Reads what stands behind `bench-llm`.
    ///
    /// # Errors
    /// An unknown option, or a value that makes no sense.
    pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, UsageError> {
        let mut options = Self {
            model: ModelChoice::Default,
            has_peer: false,
            threads: Vec::new(),
            prompt: 256,
            generate: 64,
            depth: None,
            context: None,
            rounds: 5,
        };
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or(UsageError::MissingValue(option.clone()));
            match option.as_str() {
                "--model" => options.model = ModelChoice::parse(&value()?),
                "--peer" => options.has_peer = true,
                "--threads" => options.threads.push(number(&option, value()?)?),
                "--prompt" => options.prompt = number(&option, value()?)?,
                "--generate" => options.generate = number(&option, value()?)?,
                "--context-depth" => options.depth = Some(number(&option, value()?)?),
                "--context" => options.context = Some(number(&option, value()?)?),
                "--rounds" => options.rounds = number(&option, value()?)?,
                _ => return Err(UsageError::UnknownOption(option)),
            }
        }
        if let Some(context) = options.context.filter(|&context| context < options.needed()) {
            return Err(UsageError::BadValue {
                option: "--context".to_owned(),
                value: context.to_string(),
                expected: format!("at least {}, for prompt and continuation", options.needed()),
            });
        }
        if options.threads.is_empty() {
            let all = thread::available_parallelism().map_or(1, |count| count.get());
            options.threads = if all == 1 { vec![1] } else { vec![1, all] };
        }
        Ok(options)
    }

    /// Tokens of context that both engines get.
    pub fn context(&self) -> usize {
        self.context.unwrap_or(self.needed())
    }

    fn needed(&self) -> usize {
        self.prompt.max(self.depth.unwrap_or(0)) + self.generate
    }
}

fn number(option: &str, value: String) -> Result<usize, UsageError> {
    match usize::from_str(&value) {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(UsageError::BadValue {
            option: option.to_owned(),
            value,
            expected: "a whole number from 1 on".to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<BenchOptions, UsageError> {
        BenchOptions::parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn the_context_holds_what_is_computed() {
        let options = parse("--threads 2 --threads 1 --peer").unwrap();
        assert_eq!((options.threads.as_slice(), options.has_peer), (&[2, 1][..], true));
        assert_eq!(options.context(), 320);
        assert_eq!(parse("--context-depth 2000 --generate 48").unwrap().context(), 2048);
        assert_eq!(parse("--context 4096").unwrap().context(), 4096);
        let error = parse("--context 100").unwrap_err().to_string();
        assert_eq!(error, "--context cannot be \"100\": at least 320, for prompt and continuation");
    }

    #[test]
    fn nonsense_is_named() {
        let error = |line| parse(line).unwrap_err().to_string();
        assert_eq!(error("--fast"), "there is no option \"--fast\"");
        assert_eq!(error("--rounds"), "--rounds needs a value");
        assert_eq!(error("--rounds 0"), "--rounds cannot be \"0\": a whole number from 1 on");
    }
}
