//! What a person may set with `/set`, and what is sensible.

use alloc::string::{String, ToString};
use core::fmt;
use llm_context::EvictionPolicy;
use llm_inference::sampler::SamplerOptions;

/// Parameters of the agent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// How adventurous the choice of words is; 0 always takes the likeliest token.
    pub temperature: f32,
    /// Only this many likeliest tokens are considered; 0 for all.
    pub top_k: usize,
    /// Only the likeliest tokens that together reach this probability are considered; 1 for all.
    pub top_p: f32,
    /// Only tokens at least this fraction as likely as the likeliest are considered; 0 for all.
    pub min_p: f32,
    /// Scores of tokens said lately are divided by this; 1 for no penalty.
    pub repeat_penalty: f32,
    /// Where the random choice starts; the same seed gives the same reply.
    pub seed: u64,
    /// The most tokens of one reply, so that every reply ends.
    pub max_tokens: usize,
    /// Tokens of the context window that are kept free for the reply.
    pub reserve: usize,
    /// Whether tool calls are held to the tools' schemas while they are written: 1, or 0.
    pub call_grammar: usize,
    /// Whether tools are chosen for models that are too small to choose: 1, or 0.
    pub router: usize,
    /// Whether what was said or remembered earlier is brought back for a question: 1, or 0.
    pub paging: usize,
    /// Which turn is paged out first.
    pub eviction: EvictionPolicy,
}

/// What [`Settings::eviction`] is called.
const EVICTIONS: [(&str, EvictionPolicy); 3] = [
    ("oldest", EvictionPolicy::OldestFirst),
    ("lru", EvictionPolicy::LeastRecentlyUsed),
    ("relevance", EvictionPolicy::LeastRelevant),
];

impl Settings {
    /// What the sampler needs of them. The penalty looks back over the last 64 tokens of the reply.
    pub const fn sampler_options(&self) -> SamplerOptions {
        SamplerOptions {
            temperature: self.temperature,
            top_k: self.top_k,
            top_p: self.top_p,
            min_p: self.min_p,
            repeat_penalty: self.repeat_penalty,
            repeat_last_n: 64,
            seed: self.seed,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            temperature: 0.0,
            top_k: 40,
            top_p: 0.95,
            min_p: 0.05,
            repeat_penalty: 1.0,
            seed: 42,
            max_tokens: 256,
            reserve: 256,
            call_grammar: 1,
            router: 1,
            paging: 1,
            eviction: EvictionPolicy::OldestFirst,
        }
    }
}

/// A setting that cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingError {
    /// There is no such parameter.
    UnknownName {
        /// The name asked for.
        name: String,
        /// The name that comes closest.
        nearest: Option<&'static str>,
    },
    /// The value is no number.
    NotANumber {
        /// The parameter.
        name: &'static str,
        /// What was given.
        value: String,
    },
    /// The value is out of range.
    OutOfRange {
        /// The parameter.
        name: &'static str,
        /// The range, in words.
        range: &'static str,
    },
    /// There is no such keyboard layout.
    UnknownKeymap {
        /// What was given.
        value: String,
        /// The layouts there are, separated by commas.
        known: String,
    },
}

impl fmt::Display for SettingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownName { name, nearest: Some(nearest) } => {
                write!(f, "there is no parameter \"{name}\"; did you mean \"{nearest}\"?")
            }
            Self::UnknownName { name, nearest: None } => {
                write!(f, "there is no parameter \"{name}\"; /set shows them all")
            }
            Self::NotANumber { name, value } => {
                write!(f, "{name} needs a number, not \"{value}\"")
            }
            Self::OutOfRange { name, range } => write!(f, "{name} must be {range}"),
            Self::UnknownKeymap { value, known } => {
                write!(f, "there is no keyboard layout \"{value}\"; there are: {known}")
            }
        }
    }
}

impl Settings {
    /// Names of the parameters.
    pub const NAMES: [&str; 12] = [
        "temperature",
        "top_k",
        "top_p",
        "min_p",
        "repeat_penalty",
        "seed",
        "max_tokens",
        "reserve",
        "call_grammar",
        "router",
        "paging",
        "eviction",
    ];

    /// The value of a parameter as text.
    pub fn get(&self, name: &str) -> Option<String> {
        Some(match name {
            "temperature" => self.temperature.to_string(),
            "top_k" => self.top_k.to_string(),
            "top_p" => self.top_p.to_string(),
            "min_p" => self.min_p.to_string(),
            "repeat_penalty" => self.repeat_penalty.to_string(),
            "seed" => self.seed.to_string(),
            "max_tokens" => self.max_tokens.to_string(),
            "reserve" => self.reserve.to_string(),
            "call_grammar" => self.call_grammar.to_string(),
            "router" => self.router.to_string(),
            "paging" => self.paging.to_string(),
            "eviction" => {
                let name = EVICTIONS.iter().find(|(_, policy)| *policy == self.eviction);
                name.map_or_else(String::new, |(name, _)| (*name).into())
            }
            _ => return None,
        })
    }

    /// Sets a parameter. `context_limit` bounds those that count tokens.
    ///
    /// # Errors
    /// An unknown name, or a value that makes no sense; then nothing has changed.
    pub fn set(
        &mut self,
        name: &str,
        value: &str,
        context_limit: usize,
    ) -> Result<(), SettingError> {
        let known = Self::NAMES.into_iter().find(|known| *known == name);
        let Some(name) = known else {
            let nearest = llm_tools::nearest::nearest(name, Self::NAMES)
                .and_then(|nearest| Self::NAMES.into_iter().find(|known| *known == nearest));
            return Err(SettingError::UnknownName { name: name.into(), nearest });
        };
        let fraction = |low: f32, high: f32, range| -> Result<f32, SettingError> {
            let number: f32 = parse(name, value)?;
            let is_within = (low..=high).contains(&number);
            is_within.then_some(number).ok_or(SettingError::OutOfRange { name, range })
        };
        let count = |low: usize, high: usize, range| -> Result<usize, SettingError> {
            let number: usize = parse(name, value)?;
            let is_within = (low..=high).contains(&number);
            is_within.then_some(number).ok_or(SettingError::OutOfRange { name, range })
        };
        match name {
            "temperature" => self.temperature = fraction(0.0, 5.0, "from 0 to 5")?,
            "top_k" => self.top_k = parse(name, value)?,
            "top_p" => self.top_p = fraction(f32::MIN_POSITIVE, 1.0, "above 0, and 1 at most")?,
            "min_p" => self.min_p = fraction(0.0, 1.0, "from 0 to 1")?,
            "repeat_penalty" => self.repeat_penalty = fraction(1.0, 2.0, "from 1 to 2")?,
            "seed" => self.seed = parse(name, value)?,
            "max_tokens" => {
                self.max_tokens =
                    count(1, context_limit, "at least 1 and at most the context window")?;
            }
            "call_grammar" => self.call_grammar = count(0, 1, "0 or 1")?,
            "router" => self.router = count(0, 1, "0 or 1")?,
            "paging" => self.paging = count(0, 1, "0 or 1")?,
            "eviction" => {
                let policy = EVICTIONS.iter().find(|(name, _)| *name == value);
                let range = "oldest, lru or relevance";
                self.eviction = policy.ok_or(SettingError::OutOfRange { name, range })?.1;
            }
            _ => {
                self.reserve =
                    count(1, context_limit / 2, "at least 1 and at most half the context window")?;
            }
        }
        Ok(())
    }
}

fn parse<T: core::str::FromStr>(name: &'static str, value: &str) -> Result<T, SettingError> {
    value.parse().map_err(|_| SettingError::NotANumber { name, value: value.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_what_makes_sense() {
        let mut settings = Settings::default();
        for (name, value) in [
            ("temperature", "0.7"),
            ("top_k", "0"),
            ("top_p", "0.5"),
            ("min_p", "0"),
            ("repeat_penalty", "1.2"),
            ("seed", "18446744073709551615"),
            ("max_tokens", "2048"),
            ("reserve", "1024"),
            ("call_grammar", "0"),
            ("router", "0"),
            ("paging", "0"),
            ("eviction", "lru"),
        ] {
            settings.set(name, value, 2048).unwrap();
            assert_eq!(settings.get(name).unwrap(), value);
        }
    }

    #[test]
    fn refuses_the_rest_and_changes_nothing() {
        for (name, value, message) in [
            (
                "temprature",
                "1",
                "there is no parameter \"temprature\"; did you mean \"temperature\"?",
            ),
            ("colour", "1", "there is no parameter \"colour\"; /set shows them all"),
            ("temperature", "hot", "temperature needs a number, not \"hot\""),
            ("temperature", "NaN", "temperature must be from 0 to 5"),
            ("temperature", "-1", "temperature must be from 0 to 5"),
            ("top_k", "-1", "top_k needs a number, not \"-1\""),
            ("top_p", "0", "top_p must be above 0, and 1 at most"),
            ("min_p", "inf", "min_p must be from 0 to 1"),
            ("repeat_penalty", "0", "repeat_penalty must be from 1 to 2"),
            ("max_tokens", "0", "max_tokens must be at least 1 and at most the context window"),
            ("max_tokens", "2049", "max_tokens must be at least 1 and at most the context window"),
            ("eviction", "random", "eviction must be oldest, lru or relevance"),
            ("call_grammar", "2", "call_grammar must be 0 or 1"),
            ("reserve", "1025", "reserve must be at least 1 and at most half the context window"),
        ] {
            let mut settings = Settings::default();
            assert_eq!(settings.set(name, value, 2048).unwrap_err().to_string(), message);
            assert_eq!(settings, Settings::default());
        }
    }
}
