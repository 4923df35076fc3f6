//! Finds in a person's request when something is to happen, and what.
//!
//! `Remind me in 10 minutes to take the tea out` is in ten minutes, and about taking the tea out. What
//! could mean two things is not taken: a request without a time gets a question, one with a wrong time
//! a missed train.

pub use super::when::{PhraseError, When};
use super::{
    Cron, CronError,
    parts::{self, Parts, Strictness, Unclear},
    repeat::Repeat,
    say, span,
    words::Words,
};
use alloc::{
    borrow::ToOwned,
    format,
    string::{String, ToString},
    vec::Vec,
};
use core::ops::Range;
use system_platform::DateTime;

/// What a request says about time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phrase {
    /// When it is to happen.
    pub when: When,
    /// The words that say so: their bytes in the request, one or two ranges in order.
    pub ranges: Vec<Range<usize>>,
    /// The rest of the request: what is to happen.
    pub text: String,
}

impl Phrase {
    /// The words that say when, as they stand in `request`.
    pub fn words(&self, request: &str) -> String {
        let pieces: Vec<&str> = self.ranges.iter().map(|range| &request[range.clone()]).collect();
        pieces.join(" ")
    }
}

/// Looks in `request` for a time that is still to come at `now` (UTC; `None` where there is no clock)
/// and for what is to happen then. `None` if there is no time in it, or none that is clear.
pub fn find(request: &str, now: Option<DateTime>) -> Option<Phrase> {
    if let Some((cron, range)) = cron_in(request) {
        let text = rest(request, core::slice::from_ref(&range), None);
        return Some(Phrase { when: When::Cron(cron.ok()?), ranges: Vec::from([range]), text });
    }
    let words = Words::new(request);
    if is_beyond(&words) {
        return None;
    }
    let is_timer = words.has(&["timer", "alarm", "reminder", "countdown", "stopwatch", "wake"]);
    let strictness = Strictness::Request { is_timer };
    let mut candidates = candidates(&words, strictness).ok()?;
    let best = candidates.iter().map(|parts| parts.weight).max()?;
    let chosen = candidates.remove(candidates.iter().position(|parts| parts.weight == best)?);
    let mut ranges = Vec::from([words.range(chosen.from, chosen.to)]);
    let parts = match companion(&chosen, &candidates) {
        Some(other) => {
            ranges.push(words.range(other.from, other.to));
            ranges.sort_by_key(|range| range.start);
            join(&chosen, other)
        }
        None => chosen,
    };
    if !is_whole(&words, &parts, &ranges) {
        return None;
    }
    let when = parts.resolve(now).ok()?;
    let text = rest(request, &ranges, Some(&when));
    Some(Phrase { when, ranges, text })
}

/// Whether the request says when in a way that is not read here, and of which only a part would be:
/// `at 2pm, remind me five minutes earlier`, `twice a day`.
fn is_beyond(words: &Words<'_>) -> bool {
    (0..words.len()).any(|at| {
        let is_shift = span::read(words, at).is_some_and(|(_, next)| {
            words.is(next, &["before", "earlier", "beforehand", "prior"])
                || words.starts_with(next, "in advance")
                || words.starts_with(next, "ahead of")
        });
        let is_frequency = words.is(at, &["once", "twice", "times"])
            && words.is(at + 1, &["a", "per", "every", "each"])
            && words.is(at + 2, &["hour", "day", "week", "month", "year"]);
        is_shift || is_frequency
    })
}

/// Whether nothing that was left out makes something else of a repetition.
fn is_whole(words: &Words<'_>, parts: &Parts, ranges: &[Range<usize>]) -> bool {
    let is_yearly = words.has(&["yearly", "annually", "weekly", "monthly", "daily", "hourly"]);
    match parts.repeat {
        // The month has a day that was not understood.
        Some(Repeat::Monthly) => {
            let is_outside = |at: &usize| {
                let place = words.range(*at, *at + 1).start;
                !ranges.iter().any(|range| range.contains(&place))
            };
            !(0..words.len()).filter(is_outside).any(|at| words.number(at).is_some())
        }
        Some(_) => true,
        None => !is_yearly,
    }
}

/// Reads words that are about nothing but time, as the argument of a call.
///
/// # Errors
/// Words that are not understood as a whole, that name no day of the calendar, or that need a clock
/// (`now` is `None`).
pub fn read(text: &str, now: Option<DateTime>) -> Result<When, PhraseError> {
    let text = text.trim();
    let fields: Vec<&str> = text.split_ascii_whitespace().collect();
    let is_rule = fields.iter().all(|field| is_cron_field(field)) && fields.len() == 5;
    // Fewer stars could be a date.
    if text.starts_with('@') || is_rule || fields.iter().filter(|field| **field == "*").count() > 1
    {
        return Ok(When::Cron(Cron::parse(text)?));
    }
    let words = Words::new(text);
    let from = (0..words.len()).find(|at| !words.is(*at, &["please", "starting"])).unwrap_or(0);
    let parts = parts::read(&words, from, Strictness::Time);
    let parts = parts.ok().flatten().ok_or(PhraseError::NotUnderstood)?;
    let is_rest = |at| !words.is(at, &["please", "sharp", "o'clock", "utc", "time", "once"]);
    if (parts.to..words.len()).any(is_rest) {
        return Err(PhraseError::NotUnderstood);
    }
    parts.resolve(now)
}

/// All phrases about time in the request, none within another.
fn candidates(words: &Words<'_>, strictness: Strictness) -> Result<Vec<Parts>, Unclear> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < words.len() {
        match parts::read(words, at, strictness)? {
            Some(parts) => {
                at = parts.to;
                found.push(parts);
            }
            None => at += 1,
        }
    }
    Ok(found)
}

/// The candidate that gives `chosen` the time or the day that it lacks.
fn companion<'a>(chosen: &Parts, candidates: &'a [Parts]) -> Option<&'a Parts> {
    if chosen.lacks_time() {
        return candidates.iter().find(|other| other.lacks_date() && other.weight > 1);
    }
    if chosen.lacks_date() {
        // A weak date belongs to the text.
        return candidates.iter().find(|other| other.lacks_time() && other.weight >= 3);
    }
    None
}

fn join(one: &Parts, other: &Parts) -> Parts {
    Parts {
        date: one.date.or(other.date),
        ahead: one.ahead.or(other.ahead),
        time: one.time.or(other.time),
        more_times: one.more_times.iter().chain(&other.more_times).copied().collect(),
        part: one.part.or(other.part),
        zone: one.zone.clone().or_else(|| other.zone.clone()),
        repeat: one.repeat.or(other.repeat),
        ..*one
    }
}

/// A rule of cron in a request, and where it stands. At least one field is a `*`.
fn cron_in(request: &str) -> Option<(Result<Cron, CronError>, Range<usize>)> {
    if request.len() > super::words::MAX_REQUEST_BYTES {
        return None;
    }
    let start = request.as_ptr() as usize;
    let fields: Vec<&str> = request.split_ascii_whitespace().collect();
    fields.windows(5).find_map(|five| {
        let is_rule = five.iter().all(|field| is_cron_field(field)) && five.contains(&"*");
        if !is_rule {
            return None;
        }
        let from = five[0].as_ptr() as usize - start;
        let to = five[4].as_ptr() as usize - start + five[4].len();
        Some((Cron::parse(&request[from..to]), from..to))
    })
}

/// Whether a word can be a field of a rule: it has a digit or a star, or is a range of names.
fn is_cron_field(field: &str) -> bool {
    let is_sign = |b: u8| b.is_ascii_digit() || matches!(b, b'*' | b',' | b'-' | b'/');
    let is_name = |name: &str| name.len() == 3 && name.bytes().all(|b| b.is_ascii_alphabetic());
    field.bytes().all(is_sign) && !field.is_empty() || field.split([',', '-']).all(is_name)
}

/// What the request is about, without the words about time and those that ask for a reminder.
fn rest(request: &str, ranges: &[Range<usize>], when: Option<&When>) -> String {
    let mut text = String::new();
    let mut from = 0;
    for range in ranges.iter().cloned().chain(core::iter::once(request.len()..request.len())) {
        let piece = trim(&request[from..range.start]);
        if !piece.is_empty() {
            text.push_str(if text.is_empty() { "" } else { " " });
            text.push_str(piece);
        }
        from = range.end;
    }
    let stripped = unquoted(strip_end(strip_start(behind_asking(&text))));
    if !stripped.is_empty() {
        return stripped.to_owned();
    }
    let lower = request.to_lowercase();
    match when {
        Some(When::In { seconds }) if lower.contains("timer") || lower.contains("countdown") => {
            format!("timer for {}", say::seconds(*seconds))
        }
        _ if lower.contains("alarm") || lower.contains("wake") => "alarm".to_string(),
        _ if lower.contains("timer") => "timer".to_string(),
        _ => "reminder".to_string(),
    }
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | '.' | ':' | ';' | '!' | '?' | '-')
    })
}

/// The text without quotes, if one pair of them stands around the whole.
fn unquoted(text: &str) -> &str {
    let inside = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    inside.filter(|inside| !trim(inside).is_empty() && !inside.contains('"')).map_or(text, trim)
}

/// The text from `remind me` on, if something stands behind that: what stands before tells why.
fn behind_asking(text: &str) -> &str {
    const ASKING: &str = "remind me";
    // Places in the lower-case text are places in the text, as only ASCII letters change.
    let place = text.to_ascii_lowercase().find(ASKING);
    let is_followed = |place: &usize| !trim(&text[place + ASKING.len()..]).is_empty();
    place.filter(is_followed).map_or(text, |place| &text[place..])
}

/// Takes words off the start that ask for the reminder and are no part of it.
fn strip_start(text: &str) -> &str {
    /// What asks for a reminder.
    const ASKING: &[&str] = &[
        "please",
        "can you",
        "could you",
        "would you",
        "will you",
        "hey",
        "hi",
        "hello",
        "ok",
        "okay",
        "i want you to",
        "i'd like you to",
        "i would like you to",
        "i need you to",
        "don't let me forget to",
        "don't let me forget",
        "don't forget to",
        "make sure to",
        "make sure that",
        "make sure",
        "be sure to",
        "remind me",
        "remind us",
        "notify me",
        "alert me",
        "tell me to",
        "schedule",
    ];
    /// What does so before one of [`THINGS`] only.
    const LEADING: &[&str] = &[
        "set me",
        "set up",
        "set",
        "start",
        "create",
        "make",
        "add",
        "put",
        "plan",
        "give me",
        "a new",
        "a",
        "an",
        "the",
        "another",
        "new",
        "one-time",
        "recurring",
        "repeating",
        "daily",
        "weekly",
        "monthly",
    ];
    const THINGS: &[&str] = &[
        "reminder",
        "timer",
        "alarm",
        "countdown",
        "stopwatch",
        "notification",
        "cron job",
        "job",
        "task",
    ];
    /// What joins the request to its text. Behind one of these nothing is taken off any more.
    const JOINING: &[&str] = &[
        "to",
        "that",
        "about",
        "for",
        "of",
        "called",
        "named",
        "labelled",
        "saying",
        "which says",
        "with the text",
        "and",
    ];
    let longest = |rest: &str, words: &[&'static str]| {
        words.iter().filter(|word| starts_with_word(rest, word)).map(|word| word.len()).max()
    };
    let is_before_thing = |rest: &str| {
        let head = rest.split_whitespace().take(5).map(|word| trim(word).to_lowercase());
        let head = format!(" {} ", head.collect::<Vec<_>>().join(" "));
        THINGS.iter().any(|thing| head.contains(&format!(" {thing} ")))
    };
    let mut rest = trim(text);
    let mut has_asked = false;
    while let Some(len) = longest(rest, ASKING)
        .or_else(|| longest(rest, THINGS))
        .or_else(|| longest(rest, LEADING).filter(|_| is_before_thing(rest)))
    {
        rest = trim(&rest[len..]);
        has_asked = true;
    }
    match JOINING.iter().find(|word| starts_with_word(rest, word)) {
        Some(word) if has_asked => trim(&rest[word.len()..]),
        _ => rest,
    }
}

fn starts_with_word(text: &str, word: &str) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
        && !text[word.len()..].starts_with(|c: char| c.is_alphanumeric() || c == '\'' || c == '-')
}

/// Takes courtesies and a request behind the text off its end.
fn strip_end(text: &str) -> &str {
    const ENDS: &[&str] =
        &["please", "thanks", "thank you", "remind me", "please remind me", "timer"];
    let mut rest = trim(text);
    while let Some(end) = ENDS.iter().find(|end| {
        let at = rest.len().checked_sub(end.len());
        at.is_some_and(|at| {
            rest.get(at..).is_some_and(|tail| tail.eq_ignore_ascii_case(end))
                && rest[..at].ends_with([' ', ',', '.'])
        })
    }) {
        rest = trim(&rest[..rest.len() - end.len()]);
    }
    rest
}

#[cfg(test)]
mod tests;
