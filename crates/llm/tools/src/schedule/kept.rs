//! The schedule as a record keeps it across a power cut.

use super::{Due, Entry, MAX_ENTRIES, MAX_TEXT_BYTES, Moment, Schedule, ScheduleError, entry};
use crate::calendar::{Cron, When, from_unix};
use alloc::string::ToString;
use llm_record::{Node, RecordError};
use serde_json::{Value, json};
use system_platform::DateTime;

impl Schedule {
    /// The entries as JSON, and the number that was given last.
    pub fn to_json(&self) -> Value {
        let entries: Value = self.entries.iter().map(entry_to_json).collect();
        json!({"last_id": self.last_id, "entries": entries})
    }

    /// Reads what [`Self::to_json`] wrote. What was due meanwhile is due at once. Where there was no
    /// clock nobody knows how long it was off: what was due in a while is due after its whole span,
    /// counted from `now`.
    ///
    /// # Errors
    /// The first field that is missing or makes no sense.
    pub fn from_json(node: &Node<'_>, now: Moment) -> Result<Self, RecordError> {
        let last_id = node.get("last_id")?;
        let mut schedule = Self { entries: alloc::vec::Vec::new(), last_id: last_id.number()? };
        for item in node.get("entries")?.items()? {
            if schedule.entries.len() >= MAX_ENTRIES {
                return Err(item.refused(&ScheduleError::Full));
            }
            let entry = entry_from_json(&item, now)?;
            let newest = schedule.entries.last().map_or(0, |entry| entry.id);
            if entry.id <= newest || entry.id > schedule.last_id {
                return Err(item
                    .get("id")?
                    .expected("the next number up to the last that was given"));
            }
            schedule.entries.push(entry);
        }
        Ok(schedule)
    }
}

fn entry_to_json(entry: &Entry) -> Value {
    let when = match &entry.when {
        When::In { seconds } => json!({"in_s": seconds}),
        When::Once(time) => json!({"once_unix_s": time.to_unix()}),
        When::Interval { seconds, first } => {
            json!({"every_s": seconds, "first_unix_s": first.map(DateTime::to_unix)})
        }
        When::Cron(cron) => json!({"cron": cron.to_string()}),
    };
    let due = match entry.due {
        Due::Unix(unix_s) => json!({"unix_s": unix_s}),
        Due::Uptime(uptime_ns) => json!({"uptime_ns": uptime_ns}),
    };
    json!({"id": entry.id, "text": entry.text, "when": when, "due": due})
}

fn entry_from_json(node: &Node<'_>, now: Moment) -> Result<Entry, RecordError> {
    let text = node.get("text")?;
    let said = text.text()?;
    if said.is_empty() {
        return Err(text.refused(&ScheduleError::NoText));
    }
    if said.len() > MAX_TEXT_BYTES {
        return Err(text.refused(&ScheduleError::TextTooLong { len_bytes: said.len() }));
    }
    let when = when_from_json(&node.get("when")?)?;
    let due = node.get("due")?;
    let at = match due.find("unix_s")? {
        Some(unix_s) => Due::Unix(time(&unix_s)?.to_unix()),
        None => {
            due.get("uptime_ns")?.number::<u64>()?;
            entry::first_due(&when, now).map_err(|error| due.refused(&error))?
        }
    };
    Ok(Entry { id: node.get("id")?.number()?, text: said.into(), when, due: at })
}

fn when_from_json(node: &Node<'_>) -> Result<When, RecordError> {
    if let Some(cron) = node.find("cron")? {
        let rule = Cron::parse(cron.text()?).map_err(|error| cron.refused(&error))?;
        return Ok(When::Cron(rule));
    }
    if let Some(once) = node.find("once_unix_s")? {
        return Ok(When::Once(time(&once)?));
    }
    if let Some(every) = node.find("every_s")? {
        let seconds = every.number()?;
        entry::check_interval(seconds).map_err(|error| every.refused(&error))?;
        let first = node.find("first_unix_s")?.map(|first| time(&first)).transpose()?;
        return Ok(When::Interval { seconds, first });
    }
    let span = node.get("in_s")?;
    let seconds = span.number()?;
    entry::check_span(seconds).map_err(|error| span.refused(&error))?;
    Ok(When::In { seconds })
}

/// A time in seconds since 1970 that the calendar has.
fn time(node: &Node<'_>) -> Result<DateTime, RecordError> {
    from_unix(node.integer()?).ok_or_else(|| node.expected("a time of the calendar"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::NOW;

    fn at(passed_s: i64) -> Moment {
        Moment { unix_s: Some(NOW.to_unix() + passed_s), uptime_ns: 5 }
    }

    fn without_clock(uptime_s: u64) -> Moment {
        Moment { unix_s: None, uptime_ns: uptime_s * 1_000_000_000 }
    }

    fn read(json: &Value, now: Moment) -> Result<Schedule, RecordError> {
        Schedule::from_json(&Node::new("schedule", json), now)
    }

    #[test]
    fn every_sort_of_entry_comes_back() {
        let mut schedule = Schedule::default();
        for when in [
            When::In { seconds: 600 },
            When::Once(DateTime::from_unix(NOW.to_unix() + 90)),
            When::Interval { seconds: 3600, first: None },
            When::Interval { seconds: 60, first: Some(NOW) },
            When::Cron(Cron::parse("30 7 * * MON-FRI").unwrap()),
        ] {
            schedule.add(when, "the \"bins\"", at(0)).unwrap();
        }
        schedule.cancel(2).unwrap();
        let again = read(&schedule.to_json(), at(0)).unwrap();
        assert_eq!((&again.entries, again.last_id), (&schedule.entries, 5));
    }

    #[test]
    fn what_was_due_meanwhile_is_due_at_once_and_repetitions_count_once() {
        let mut schedule = Schedule::default();
        schedule.add(When::In { seconds: 600 }, "tea", at(0)).unwrap();
        schedule.add(When::Interval { seconds: 60, first: None }, "look", at(0)).unwrap();
        let mut again = read(&schedule.to_json(), at(86_400)).unwrap();
        assert_eq!(again.next_due_ns(at(86_400)), Some(5));
        let due = again.take_due(at(86_400));
        assert_eq!(due.iter().map(|entry| entry.id).collect::<alloc::vec::Vec<_>>(), [2, 1]);
        assert_eq!((again.len(), again.next_due_ns(at(86_400))), (1, Some(60_000_000_005)));
    }

    #[test]
    fn without_a_clock_the_span_is_counted_from_the_start() {
        let mut schedule = Schedule::default();
        schedule.add(When::In { seconds: 600 }, "tea", without_clock(5000)).unwrap();
        let again = read(&schedule.to_json(), without_clock(2)).unwrap();
        assert_eq!(again.next_due_ns(without_clock(2)), Some(602_000_000_000));
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_field() {
        let mut schedule = Schedule::default();
        for text in ["one", "two"] {
            schedule.add(When::In { seconds: 600 }, text, at(0)).unwrap();
        }
        let json = schedule.to_json();
        for (field, value, message) in [
            ("text", json!(""), "schedule.entries[1].text: there is nothing to be reminded of"),
            (
                "id",
                json!(1),
                "schedule.entries[1].id is not the next number up to the last that was given",
            ),
            ("when", json!({}), "schedule.entries[1].when.in_s is missing"),
            (
                "when",
                json!({"every_s": 0}),
                "schedule.entries[1].when.every_s: every 0 seconds is too often; 60 seconds are the \
                 least",
            ),
            (
                "due",
                json!({"unix_s": i64::MAX}),
                "schedule.entries[1].due.unix_s is not a time of the calendar",
            ),
        ] {
            let mut json = json.clone();
            json["entries"][1][field] = value;
            assert_eq!(read(&json, at(0)).unwrap_err().to_string(), message);
        }
    }
}
