//! Forms of statements: `X is Y`, `X is called Y`, `I live in Y` and the like.

use super::{
    Fact, Key, Relation,
    words::{
        ANIMATE, CHOICES, CLAUSES, COMMENTS, COUNTRIES, CURRENT, DATED, DAYS, DEMONYMS, EVENTS,
        FILLERS, IDIOMS, INDEFINITE, MONTHS, NAMED_APART, NUMBERED, OPEN, OPENERS, PERSONS,
        PLACE_STARTS, PLACES, PLURAL, PREPOSITIONS, SEVERAL, SIGNED, SINGLING, STATES, VALUED, has,
    },
};
use crate::chunk::first_sentence;
use alloc::{borrow::ToOwned, format, string::String, vec::Vec};

/// The most words of a subject, and of a value.
const MAX_SUBJECT: usize = 8;
const MAX_VALUE: usize = 16;

/// A word of a statement.
#[derive(Clone, Debug)]
struct Word {
    /// In lower case, in one spelling, without punctuation around it.
    text: String,
    is_capital: bool,
}

impl Word {
    fn is_in(&self, list: &str) -> bool {
        has(list, &self.text)
    }

    fn has_digit(&self) -> bool {
        self.text.contains(|c: char| c.is_ascii_digit())
    }
}

/// Takes a statement apart. See [`super::fact`].
pub fn read(statement: &str) -> Option<Fact> {
    let statement = statement.trim();
    let has_more = !first_sentence(statement).1.trim().is_empty();
    if has_more || statement.ends_with('?') || statement.contains([';', '\n']) {
        return None;
    }
    let mut words = words(statement);
    while words.first().is_some_and(|word| word.is_in(OPENERS)) && words.len() > 1 {
        words.remove(0);
    }
    let texts: Vec<&str> = words.iter().map(|word| word.text.as_str()).collect();
    match texts.as_slice() {
        ["call", "me", ..] => fact("i called", Relation::Value, false, plain(&words[2..])?),
        ["i", ..] => first_person(&words),
        _ => about_another(&words).or_else(|| copula(&words)),
    }
}

/// The words of a statement, with the short forms of `is` and `am` written out.
fn words(statement: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    for word in statement.replace(['’', '`'], "'").split_whitespace() {
        let is_colon = word.ends_with(':');
        let word = word.trim_matches(|c: char| !c.is_alphanumeric() && !"'#+-%@$€£".contains(c));
        if word.is_empty() {
            continue;
        }
        let is_capital = word.starts_with(char::is_uppercase);
        let text = match word.to_lowercase().as_str() {
            "i'm" => "i am".to_owned(),
            "i've" => "i have".to_owned(),
            "favorite" => "favourite".to_owned(),
            "color" => "colour".to_owned(),
            "e-mail" => "email".to_owned(),
            "wi-fi" => "wifi".to_owned(),
            "mommy" | "mum" => "mom".to_owned(),
            lower => lower.to_owned(),
        };
        words.extend(text.split(' ').map(|text| Word { text: text.to_owned(), is_capital }));
        // `gate code: 4417`
        if is_colon && words.iter().all(|word| !is_copula(word)) {
            words.push(Word { text: "is".to_owned(), is_capital: false });
        }
    }
    if words.iter().any(is_copula) {
        return words;
    }
    // `my name's Ann`, `my dog's called Rex`; any other is a possessive.
    let short = (0..words.len().saturating_sub(1)).find(|&at| {
        let Some(base) = words[at].text.strip_suffix("'s") else { return false };
        let is_value = has(VALUED, base) || has(NUMBERED, base) || has(DATED, base);
        is_value || words[at + 1].is_in("called named")
    });
    if let Some(at) = short {
        let len = words[at].text.len() - "'s".len();
        words[at].text.truncate(len);
        words.insert(at + 1, Word { text: "is".to_owned(), is_capital: false });
    }
    words
}

fn is_copula(word: &Word) -> bool {
    word.is_in("is are was were am")
}

fn fact(subject: &str, relation: Relation, is_past: bool, value: String) -> Option<Fact> {
    Some(Fact { key: Key { subject: subject.to_owned(), relation, is_past }, value })
}

/// `I live in Y` and what else somebody says of themselves.
fn first_person(words: &[Word]) -> Option<Fact> {
    let rest = without_fillers(&words[1..]);
    verb("i", &rest).or_else(|| {
        let [copula, rest @ ..] = rest.as_slice() else { return None };
        let is_past = match copula.text.as_str() {
            "am" => false,
            "was" => true,
            _ => return None,
        };
        predicate("i", is_past, rest)
    })
}

/// `my sister lives in Y` and what else is said with a verb of its own.
fn about_another(words: &[Word]) -> Option<Fact> {
    const VERBS: &str = "lives live lived moved works work worked comes come prefers prefer weighs weigh \
        has have is was are";
    let at = words.iter().position(|word| word.is_in(VERBS)).filter(|&at| at > 0)?;
    let (subject, rest) = words.split_at(at);
    let subject = subject_of(subject).filter(|subject| subject.is_definite)?;
    let rest = without_fillers(rest);
    match rest.split_first()? {
        (copula, rest) if is_copula(copula) => {
            predicate(&subject.text, copula.is_in("was were"), rest)
        }
        _ => verb(&subject.text, &rest),
    }
}

/// A statement with a verb that is not `to be`.
fn verb(subject: &str, words: &[Word]) -> Option<Fact> {
    let texts: Vec<&str> = words.iter().take(4).map(|word| word.text.as_str()).collect();
    let value = |from: usize| plain(words.get(from..)?);
    match texts.as_slice() {
        ["live" | "lives", "in" | "at", ..] => region(subject, Relation::Home, false, &words[2..]),
        ["lived", "in" | "at", ..] => region(subject, Relation::Home, true, &words[2..]),
        ["have" | "has", "moved", "to", ..] => region(subject, Relation::Home, false, &words[3..]),
        ["moved", "to", ..] => region(subject, Relation::Home, false, &words[2..]),
        ["work" | "works", "at" | "for", ..] => {
            // `at night`, `for fun`: only what is called something is an employer.
            let is_named =
                words.get(2).is_some_and(|word| word.is_capital || word.is_in("the a an"));
            is_named.then(|| fact(subject, Relation::Employer, false, value(2)?)).flatten()
        }
        ["worked", "at" | "for", ..] => fact(subject, Relation::Employer, true, value(2)?),
        ["work" | "works", "as", ..] => fact(subject, Relation::Job, false, value(2)?),
        ["worked", "as", ..] => fact(subject, Relation::Job, true, value(2)?),
        ["come" | "comes", "from", ..] => region(subject, Relation::Origin, false, &words[2..]),
        ["weigh" | "weighs", ..] if words.get(1).is_some_and(Word::has_digit) => {
            fact(&owned(subject, "weight"), Relation::Value, false, value(1)?)
        }
        ["get" | "wake", "up", "at", ..] => {
            fact(&owned(subject, "getting up"), Relation::Routine, false, clock(&words[3..])?)
        }
        ["go", "to", "bed", "at"] => {
            fact(&owned(subject, "going to bed"), Relation::Routine, false, clock(&words[4..])?)
        }
        ["prefer" | "prefers", ..] => preference(subject, &words[1..]),
        _ => None,
    }
}

/// What is said behind `is` of somebody or something, but for its value.
fn predicate(subject: &str, is_past: bool, words: &[Word]) -> Option<Fact> {
    let rest = without_fillers(words);
    let texts: Vec<&str> = rest.iter().take(3).map(|word| word.text.as_str()).collect();
    let value = |from: usize| plain(rest.get(from..)?);
    let last = subject.rsplit(' ').next().unwrap_or_default();
    match texts.as_slice() {
        ["called" | "named", ..] if has(SEVERAL, last) || has(NAMED_APART, last) => None,
        ["called" | "named", ..] => {
            fact(&owned(subject, "name"), Relation::Value, is_past, value(1)?)
        }
        ["living", "in" | "at", ..] => region(subject, Relation::Home, is_past, &rest[2..]),
        ["working", "for" | "at", ..] if rest.get(2)?.is_capital => {
            fact(subject, Relation::Employer, is_past, value(2)?)
        }
        ["married", "to", ..] => fact(subject, Relation::Spouse, is_past, value(2)?),
        ["from", ..] if rest.get(1)?.is_capital => {
            region(subject, Relation::Origin, is_past, &rest[1..])
        }
        ["born", "on" | "in", ..] => {
            let day = rest[2..].iter().any(|word| word.is_in(MONTHS) || word.has_digit());
            let about = if day { "birth" } else { "birthplace" };
            fact(&owned(subject, about), Relation::Value, false, value(2)?)
        }
        [number] if rest[0].has_digit() && is_living(subject) => {
            fact(&owned(subject, "age"), Relation::Value, is_past, (*number).into())
        }
        [number, "years" | "year", "old"] if rest[0].has_digit() && rest.len() == 3 => {
            fact(&owned(subject, "age"), Relation::Value, is_past, (*number).into())
        }
        _ if rest.len() > 1 && rest[0].has_digit() && rest.last()?.text == "tall" => {
            let value = plain(&rest[..rest.len() - 1])?;
            fact(&owned(subject, "height"), Relation::Value, is_past, value)
        }
        _ => None,
    }
}

/// Where somebody lives or is from. A country does not contradict a town.
fn region(subject: &str, relation: Relation, is_past: bool, words: &[Word]) -> Option<Fact> {
    let (first, rest) = words.split_first()?;
    let is_region = match first.text.as_str() {
        "the" => rest.first()?.is_capital,
        _ => first.is_capital || !(first.is_in(STATES) || first.is_in("a an my our your his her")),
    };
    let is_country =
        words.iter().all(|word| word.is_in(COUNTRIES) || word.is_in("the new south north"));
    let kind = if is_country { ": country" } else { "" };
    is_region.then(|| fact(&format!("{subject}{kind}"), relation, is_past, plain(words)?))?
}

/// Whether a number that somebody is must be an age.
fn is_living(subject: &str) -> bool {
    has(ANIMATE, subject.rsplit(' ').next().unwrap_or_default())
}

/// What belongs to a subject: `my name` for `i`.
fn owned(subject: &str, what: &str) -> String {
    match subject {
        "i" => format!("my {what}"),
        _ => format!("{subject} {what}"),
    }
}

/// `tea to coffee` contradicts `coffee to tea`; `metric units` other units.
fn preference(subject: &str, words: &[Word]) -> Option<Fact> {
    let words: Vec<Word> = words.iter().filter(|word| !word.is_in("the a an")).cloned().collect();
    if let Some(at) = words.iter().position(|word| word.is_in("to over rather")) {
        let behind = at + if words[at].text == "rather" { 2 } else { 1 };
        let (first, second) = (plain(&words[..at])?, plain(words.get(behind..)?)?);
        let (low, high) = if first < second { (&first, &second) } else { (&second, &first) };
        return fact(&format!("{subject}: {low} or {high}"), Relation::Preference, false, first);
    }
    let (kind, first) = words.split_last()?;
    if first.is_empty() || !kind.is_in(CHOICES) || first.iter().any(|word| word.is_in("and")) {
        return None;
    }
    let value = plain(first)?;
    fact(&format!("{subject}: {}", kind.text), Relation::Preference, false, value)
}

/// `X is Y`, where X has one value, place or time.
fn copula(words: &[Word]) -> Option<Fact> {
    let is_verb = |word: &Word| is_copula(word) || word.is_in("changed");
    let at = words.iter().position(is_verb).filter(|&at| at > 0)?;
    let (subject, rest) = words.split_at(at);
    // `has changed to`, `was changed to`, `changed to`
    let changed = words.iter().position(|word| word.text == "changed");
    let (is_plural, is_past, rest) = match changed {
        Some(changed) => {
            let is_form = rest[..changed - at].iter().all(|word| word.is_in("was has been is"));
            if !is_form || words.get(changed + 1)?.text != "to" {
                return None;
            }
            (false, false, &words[changed + 2..])
        }
        None => (rest[0].is_in("are were"), rest[0].is_in("was were"), &rest[1..]),
    };
    let subject: Vec<Word> =
        subject.iter().filter(|word| !word.is_in("has have")).cloned().collect();
    let subject = subject_of(&subject)?;
    let value = without_fillers(rest);
    value_of(&subject, is_plural, is_past, &value)
        .or_else(|| time_of(&subject, is_past, &value))
        .or_else(|| place_of(&subject, is_past, &value))
}

/// The subject of a statement.
struct Subject {
    /// Its words in the order of `my dog name`.
    text: String,
    /// The noun that says what it is.
    head: String,
    /// One is meant that both sides know.
    is_definite: bool,
    /// It is one by a word like `favourite`.
    is_singled_out: bool,
}

/// A subject in one form: `the name of my dog` as `my dog name`, without articles.
fn subject_of(words: &[Word]) -> Option<Subject> {
    let first = words.first()?;
    let is_open = |word: &Word| word.is_in(OPEN) || word.is_in("and but that which who");
    if words.len() > MAX_SUBJECT || first.is_in(INDEFINITE) || words.iter().any(is_open) {
        return None;
    }
    let is_name = first.is_capital && !first.is_in("the my our your") && first.text != "i";
    let is_definite = first.is_in("the my our your")
        || (is_name && (first.text.ends_with("'s") || words.len() == 1));
    // What belongs to something stands behind it.
    let of = words.iter().position(|word| word.is_in("of for to"));
    let ordered: Vec<&Word> = match of {
        Some(at) if at > 0 && at + 1 < words.len() => {
            words[at + 1..].iter().chain(&words[..at]).collect()
        }
        Some(_) => return None,
        None => words.iter().collect(),
    };
    if ordered.iter().any(|word| word.is_in("a an some any of for in on at from with")) {
        return None;
    }
    let mut texts: Vec<String> = Vec::new();
    for word in ordered {
        let bare = word.text.strip_suffix("'s").unwrap_or(&word.text).trim_end_matches('\'');
        // One of several that have no name is nobody that is known.
        if has(SEVERAL, bare) {
            return None;
        }
        if !has("the", bare) && !has(CURRENT, bare) && !has(FILLERS, bare) {
            texts.push(bare.to_owned());
        }
    }
    let head = texts.last()?.clone();
    let before = texts.len().checked_sub(2).map(|at| texts[at].clone());
    if head == "name" && before.is_some_and(|it| has(NAMED_APART, &it)) {
        return None;
    }
    let is_singled_out = texts.iter().any(|word| has(SINGLING, word));
    Some(Subject { text: texts.join(" "), head, is_definite, is_singled_out })
}

/// What something is, if it has one value.
fn value_of(subject: &Subject, is_plural: bool, is_past: bool, words: &[Word]) -> Option<Fact> {
    let head = subject.head.as_str();
    // `the code is 4417` may mean any, and so may `the name`.
    if subject.text == head {
        return None;
    }
    if is_plural && !has(PLURAL, head) {
        return None;
    }
    let value = match words {
        [on, rest @ ..] if on.text == "on" && has(DATED, head) => rest,
        words => words,
    };
    let first = value.iter().find(|word| !word.is_in("the a an"))?;
    let is_comment = first.is_in(COMMENTS) || first.is_in(PREPOSITIONS) || first.is_in(OPEN);
    let is_doing = value.len() < 3 && !first.is_capital && first.text.ends_with("ing");
    let is_of_kind = if has(NUMBERED, head) {
        value.iter().any(Word::has_digit)
    } else if has(DATED, head) {
        value.iter().any(|word| word.is_in(MONTHS) || word.is_in(DAYS) || word.has_digit())
    } else if has(PERSONS, head) {
        let is_called = value.iter().all(|word| word.is_capital) && value.len() <= 4;
        is_called && !first.is_in(DEMONYMS)
    } else if has(SIGNED, head) && !subject.is_singled_out {
        value.iter().any(|word| word.is_capital || word.has_digit())
    } else {
        has(VALUED, head) || subject.is_singled_out
    };
    if is_comment || is_doing || !is_of_kind {
        return None;
    }
    fact(&subject.text, Relation::Value, is_past, plain(value)?)
}

/// When something is that happens once.
fn time_of(subject: &Subject, is_past: bool, words: &[Word]) -> Option<Fact> {
    if !subject.is_definite || !has(EVENTS, &subject.head) || !words.first()?.is_in("on at") {
        return None;
    }
    let has_day = words.iter().any(|word| word.is_in(DAYS) || word.is_in(MONTHS));
    let at = words.iter().position(|word| word.text == "at");
    let has_clock = at.is_some_and(|at| words.get(at + 1).is_some_and(is_clock));
    let relation = match (has_day, has_clock) {
        (true, true) => Relation::DayAndClock,
        (true, false) => Relation::Day,
        (false, true) => Relation::Clock,
        (false, false) => return None,
    };
    let value: Vec<Word> = words.iter().filter(|word| !word.is_in("on at")).cloned().collect();
    fact(&subject.text, relation, is_past, plain(&value)?)
}

/// A time of day, behind `at`.
fn clock(words: &[Word]) -> Option<String> {
    is_clock(words.first()?).then(|| plain(words)).flatten()
}

fn is_clock(word: &Word) -> bool {
    word.text.starts_with(|c: char| c.is_ascii_digit())
        || word.is_in(
            "noon midnight half quarter one two three four five six seven eight nine ten \
            eleven twelve",
        )
}

/// Where a thing is that stays where it was put.
fn place_of(subject: &Subject, is_past: bool, words: &[Word]) -> Option<Fact> {
    let (first, rest) = words.split_first()?;
    let is_place = first.is_in(PLACES)
        && rest.first().is_some_and(|word| word.is_in(PLACE_STARTS) || word.is_capital)
        && !rest.last()?.is_in(IDIOMS)
        && !words.iter().any(|word| word.is_in(DAYS) || word.is_in(MONTHS));
    let is_thing = subject.is_definite
        && !has(ANIMATE, &subject.head)
        && !has(PERSONS, &subject.head)
        && !has(EVENTS, &subject.head)
        && (subject.text.contains(' ') || has("key keys passport wallet car bike", &subject.head));
    (is_place && is_thing).then(|| fact(&subject.text, Relation::Place, is_past, plain(words)?))?
}

fn without_fillers(words: &[Word]) -> Vec<Word> {
    words.iter().filter(|word| !word.is_in(FILLERS)).cloned().collect()
}

/// A value as it is compared; `None` if it says more than one thing, or that there are others.
fn plain(words: &[Word]) -> Option<String> {
    let is_more =
        |pair: &[Word]| pair[0].text == "and" && pair[1].is_in("i my the we it he she they");
    let ends_open = |word: &Word| word.is_in(OPEN) || word.is_in("well");
    let says_more = words.len() > MAX_VALUE
        || words.iter().any(|word| word.is_in(CLAUSES))
        || words.windows(2).any(is_more)
        || words.iter().take(2).chain(words.last()).any(ends_open);
    let value: Vec<&str> = words
        .iter()
        .filter(|word| !word.is_in("a an the") && !word.is_in(FILLERS))
        .map(|word| word.text.trim_matches('\''))
        .collect();
    (!says_more && !value.is_empty()).then(|| value.join(" "))
}
