//! What a person wants of the schedule, read out of a request: to set, to see or to cancel something.

use crate::{
    calendar::{
        When,
        phrase::{self, Phrase},
    },
    request::without_courtesy,
};
use alloc::{
    format,
    string::{String, ToString},
    vec::Vec,
};
use serde_json::{Value, json};
use system_platform::DateTime;

/// What entries are called.
const THINGS: &[&str] = &[
    "reminder",
    "reminders",
    "alarm",
    "alarms",
    "timer",
    "timers",
    "countdown",
    "schedule",
    "scheduled",
    "task",
    "tasks",
];

/// How requests to cancel something begin.
const CANCELLING: &[&[&str]] = &[
    &["cancel"],
    &["delete"],
    &["remove"],
    &["stop"],
    &["clear"],
    &["turn", "off"],
    &["switch", "off"],
    &["drop"],
    &["dismiss"],
    &["disable"],
    &["end"],
    &["kill"],
    &["forget", "about"],
];

/// The arguments that `request` amounts to; `None` if it is not clear.
pub(super) fn arguments(request: &str, now: Option<DateTime>) -> Option<Value> {
    let plain = without_courtesy(request);
    let lower = plain.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .collect();
    if let Some(name) = cancelled(&words) {
        return Some(json!({ "cancel": name }));
    }
    if is_question(&words) {
        return Some(json!({}));
    }
    // `turn off the alarm for Saturday` sets none.
    let is_cancelling =
        CANCELLING.iter().any(|start| words.windows(start.len()).any(|some| some == *start));
    let is_about_things = words.iter().any(|word| THINGS.contains(word));
    let is_setting = words.iter().any(|word| ["remind", "set"].contains(word));
    let is_only_for_things = ["cancel", "disable", "dismiss"].contains(words.first()?);
    if is_only_for_things || is_cancelling && is_about_things && !is_setting {
        return None;
    }
    // What is there cannot be changed, and must not be set anew instead.
    if ["move", "change", "snooze", "postpone", "reschedule", "skip", "add"]
        .contains(words.first()?)
    {
        return None;
    }
    let phrase = phrase::find(request, now)?;
    let said = phrase.words(request);
    let Phrase { when, text, .. } = phrase;
    let said = match phrase::read(&said, now) {
        Ok(read) if read == when => said,
        _ => plain_words(&when)?,
    };
    Some(json!({ "when": said, "text": text }))
}

/// A time in words that cannot be misread.
fn plain_words(when: &When) -> Option<String> {
    match when {
        When::In { seconds } => Some(format!("in {seconds} seconds")),
        When::Once(time) => Some(time.to_string()),
        When::Interval { seconds, first: None } => Some(format!("every {seconds} seconds")),
        When::Interval { .. } => None,
        When::Cron(cron) => Some(cron.to_string()),
    }
}

/// `what reminders are set`, `list all alarms`.
fn is_question(words: &[&str]) -> bool {
    const ASKING: &[&[&str]] = &[
        &["what"],
        &["what's"],
        &["which"],
        &["when"],
        &["show"],
        &["list"],
        &["display"],
        &["tell", "me", "what"],
        &["do", "i", "have"],
        &["are", "there"],
        &["is", "there"],
        &["how", "many"],
        &["how", "much"],
        &["how", "long"],
        &["did", "you"],
        &["have", "i"],
        &["my", "reminders"],
    ];
    let is_asking = ASKING.iter().any(|start| words.starts_with(start));
    is_asking && words.iter().any(|word| THINGS.contains(word) || *word == "reminding")
}

/// What is to be cancelled: a number, `all`, words of the text, or what it is called.
fn cancelled(words: &[&str]) -> Option<String> {
    let start = CANCELLING.iter().find(|start| words.starts_with(start))?;
    let rest = &words[start.len()..];
    if !rest.iter().any(|word| THINGS.contains(word)) {
        return None;
    }
    let number = rest.iter().find(|word| word.bytes().all(|b| b.is_ascii_digit()));
    if let Some(number) = number {
        return Some((*number).to_string());
    }
    let is_all = |word: &&str| {
        ["all", "every", "everything", "schedule", "reminders", "alarms", "timers"].contains(word)
    };
    let about =
        rest.iter().position(|word| ["about", "to", "for", "of", "called", "named"].contains(word));
    if about.is_none() && rest.iter().any(is_all) {
        return Some("all".to_string());
    }
    let is_filler =
        |word: &str| ["the", "my", "a", "an", "that", "this", "please", "number"].contains(&word);
    let named: Vec<&str> = match about {
        Some(place) => rest[place + 1..].iter().copied().filter(|word| !is_filler(word)).collect(),
        None => {
            rest.iter().copied().filter(|word| !is_filler(word) && !THINGS.contains(word)).collect()
        }
    };
    if named.is_empty() {
        let thing = rest.iter().find(|word| THINGS.contains(word))?;
        return Some((*thing).to_string());
    }
    Some(named.join(" "))
}
