//! The audit log: every call that was asked for, chained by hash, so that a changed byte is found.
//!
//! Each record's hash covers its fields and the hash before it (Schneier and Kelsey 1998). A log
//! that is shortened at its end still verifies; who wants to notice that keeps the last hash.

use alloc::{
    collections::VecDeque,
    string::{String, ToString},
    vec::Vec,
};
use core::fmt::{self, Write};
use llm_record::{Node, RecordError};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The most records that are kept; the oldest go, and the chain begins with the hash before the
/// first that is left.
pub const MAX_RECORDS: usize = 4096;

/// A SHA-256 hash.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Hash(
    /// Its bytes.
    pub [u8; 32],
);

/// One call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its number, from 1.
    pub number: u64,
    /// When, in seconds since 1970; `None` where there was no clock.
    pub unix_s: Option<i64>,
    /// Who made it: a task's name.
    pub task: String,
    /// The tool.
    pub tool: String,
    /// Its arguments, as JSON.
    pub arguments: String,
    /// The right it needed, if any.
    pub capability: Option<String>,
    /// Why it ran, or why not.
    pub decision: String,
    /// Whether it gave a result.
    pub ok: bool,
    /// Hash of the result, or of the error's text.
    pub result_hash: Hash,
    /// How long it ran.
    pub duration_us: u64,
    /// Covers all the above and the hash before it.
    pub hash: Hash,
}

/// What [`Audit::append`] is told of a call.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// See [`Record`].
    pub unix_s: Option<i64>,
    /// See [`Record`].
    pub task: &'a str,
    /// See [`Record`].
    pub tool: &'a str,
    /// See [`Record`].
    pub arguments: &'a str,
    /// See [`Record`].
    pub capability: Option<&'a str>,
    /// See [`Record`].
    pub decision: &'a str,
    /// See [`Record`].
    pub ok: bool,
    /// The result, or the error's text.
    pub result: &'a str,
    /// See [`Record`].
    pub duration_us: u64,
}

/// The log.
#[derive(Clone, Debug, Default)]
pub struct Audit {
    records: VecDeque<Record>,
    /// The hash before the first record.
    start: Hash,
    last_number: u64,
}

/// A record that is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The first record whose hash does not fit.
    pub number: u64,
}

impl Audit {
    /// Writes a call down.
    pub fn append(&mut self, call: Call<'_>) {
        let previous = self.head();
        self.last_number = self.last_number.wrapping_add(1);
        let mut record = Record {
            number: self.last_number,
            unix_s: call.unix_s,
            task: call.task.into(),
            tool: call.tool.into(),
            arguments: call.arguments.into(),
            capability: call.capability.map(Into::into),
            decision: call.decision.into(),
            ok: call.ok,
            result_hash: Hash(Sha256::digest(call.result.as_bytes()).into()),
            duration_us: call.duration_us,
            hash: Hash::default(),
        };
        record.hash = record.chained(previous);
        if self.records.len() == MAX_RECORDS
            && let Some(oldest) = self.records.pop_front()
        {
            self.start = oldest.hash;
        }
        self.records.push_back(record);
    }

    /// Computes every hash again. Returns how many records there are.
    ///
    /// # Errors
    /// The first record that does not fit what stands before it.
    pub fn verify(&self) -> Result<usize, Broken> {
        let mut previous = self.start;
        for record in &self.records {
            if record.chained(previous) != record.hash {
                return Err(Broken { number: record.number });
            }
            previous = record.hash;
        }
        Ok(self.records.len())
    }

    /// The hash of the last record.
    pub fn head(&self) -> Hash {
        self.records.back().map_or(self.start, |record| record.hash)
    }

    /// The log that goes on from records that were kept, oldest first: `start` is the hash before the
    /// first of them, `last_number` that of the last call that was ever written down. Whether they are
    /// what was written, [`Self::verify`] tells.
    pub fn resume(start: Hash, last_number: u64, records: Vec<Record>) -> Self {
        let newest = records.iter().map(|record| record.number).max().unwrap_or(0);
        let mut audit =
            Self { records: records.into(), start, last_number: last_number.max(newest) };
        while audit.records.len() > MAX_RECORDS
            && let Some(oldest) = audit.records.pop_front()
        {
            audit.start = oldest.hash;
        }
        audit
    }

    /// The hash before the first record.
    pub const fn start(&self) -> Hash {
        self.start
    }

    /// The number of the last call that was written down, be its record kept or not.
    pub const fn last_number(&self) -> u64 {
        self.last_number
    }

    /// All records, oldest first.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = &Record> + ExactSizeIterator {
        self.records.iter()
    }
}

impl Hash {
    /// Reads what [`fmt::Display`] writes: 64 hexadecimal digits.
    ///
    /// # Errors
    /// The value is something else.
    pub fn from_json(node: &Node<'_>) -> Result<Self, RecordError> {
        let expected = || node.expected("a hash of 64 hexadecimal digits");
        let digits = node.text()?.as_bytes();
        if digits.len() != 64 {
            return Err(expected());
        }
        let mut hash = Self::default();
        for (byte, pair) in hash.0.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |digit: u8| char::from(digit).to_digit(16).ok_or_else(expected);
            *byte = (digit(pair[0])? * 16 + digit(pair[1])?) as u8;
        }
        Ok(hash)
    }
}

impl Record {
    /// The record as JSON.
    pub fn to_json(&self) -> Value {
        json!({
            "number": self.number,
            "unix_s": self.unix_s,
            "task": self.task,
            "tool": self.tool,
            "arguments": self.arguments,
            "capability": self.capability,
            "decision": self.decision,
            "ok": self.ok,
            "result_hash": self.result_hash.to_string(),
            "duration_us": self.duration_us,
            "hash": self.hash.to_string(),
        })
    }

    /// Reads what [`Self::to_json`] wrote.
    ///
    /// # Errors
    /// The first field that is missing or something else.
    pub fn from_json(node: &Node<'_>) -> Result<Self, RecordError> {
        let text = |name| Ok(node.get(name)?.text()?.to_string());
        let capability = match node.find("capability")? {
            Some(capability) => Some(capability.text()?.to_string()),
            None => None,
        };
        let unix_s = node.find("unix_s")?;
        Ok(Self {
            number: node.get("number")?.number()?,
            unix_s: unix_s.map(|unix_s| unix_s.integer()).transpose()?,
            task: text("task")?,
            tool: text("tool")?,
            arguments: text("arguments")?,
            capability,
            decision: text("decision")?,
            ok: node.get("ok")?.flag()?,
            result_hash: Hash::from_json(&node.get("result_hash")?)?,
            duration_us: node.get("duration_us")?.number()?,
            hash: Hash::from_json(&node.get("hash")?)?,
        })
    }

    /// Its hash behind `previous`. Each field goes in with its length, so that no two records have
    /// the same bytes.
    fn chained(&self, previous: Hash) -> Hash {
        let mut hasher = Sha256::new();
        let mut add = |field: &[u8]| {
            hasher.update((field.len() as u64).to_le_bytes());
            hasher.update(field);
        };
        add(&previous.0);
        add(&self.number.to_le_bytes());
        add(self.unix_s.map(|unix_s| unix_s.to_string()).unwrap_or_default().as_bytes());
        add(self.task.as_bytes());
        add(self.tool.as_bytes());
        add(self.arguments.as_bytes());
        add(&[u8::from(self.capability.is_some())]);
        add(self.capability.as_deref().unwrap_or_default().as_bytes());
        add(self.decision.as_bytes());
        add(&[u8::from(self.ok)]);
        add(&self.result_hash.0);
        add(&self.duration_us.to_le_bytes());
        Hash(hasher.finalize().into())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('#')?;
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "record {} of the audit log is not what was written", self.number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call<'a>(tool: &'a str, arguments: &'a str) -> Call<'a> {
        Call {
            unix_s: Some(1_795_478_399),
            task: "console",
            tool,
            arguments,
            capability: None,
            decision: "harmless",
            ok: true,
            result: "42",
            duration_us: 7,
        }
    }

    fn log(calls: usize) -> Audit {
        let mut audit = Audit::default();
        for index in 0..calls {
            audit.append(call("calc", &alloc::format!("{{\"expr\": \"{index}\"}}")));
        }
        audit
    }

    #[test]
    fn a_changed_field_is_found_wherever_it_is() {
        let audit = log(5);
        assert_eq!(audit.verify(), Ok(5));
        let changes: [fn(&mut Record); 9] = [
            |record| record.unix_s = None,
            |record| record.task.push('x'),
            |record| record.tool = "echo".into(),
            |record| record.arguments.push(' '),
            |record| record.capability = Some(String::new()),
            |record| record.decision = "granted".into(),
            |record| record.ok = false,
            |record| record.result_hash.0[31] ^= 1,
            |record| record.duration_us += 1,
        ];
        for change in changes {
            let mut audit = audit.clone();
            change(&mut audit.records[2]);
            assert_eq!(audit.verify(), Err(Broken { number: 3 }));
        }
    }

    #[test]
    fn a_removed_or_swapped_record_is_found() {
        let mut audit = log(5);
        audit.records.remove(1);
        assert_eq!(audit.verify(), Err(Broken { number: 3 }));
        let mut audit = log(5);
        audit.records.swap(0, 1);
        assert_eq!(audit.verify(), Err(Broken { number: 2 }));
        // Nor do letters that move from one field to the next go unnoticed.
        let mut audit = log(1);
        audit.records[0].tool = "cal".into();
        audit.records[0].arguments.insert(0, 'c');
        assert_eq!(audit.verify(), Err(Broken { number: 1 }));
    }

    #[test]
    fn the_oldest_go_and_the_chain_still_holds() {
        let audit = log(MAX_RECORDS + 3);
        assert_eq!(audit.verify(), Ok(MAX_RECORDS));
        assert_eq!(audit.records().next().map(|record| record.number), Some(4));
    }

    #[test]
    fn a_log_goes_on_from_what_was_kept() {
        let mut audit = log(MAX_RECORDS + 2);
        let kept: Vec<Value> = audit.records().map(Record::to_json).collect();
        let read = |json: &Value| Record::from_json(&Node::new("audit", json)).unwrap();
        let records = kept.iter().map(read).collect();
        let mut again = Audit::resume(audit.start(), audit.last_number(), records);
        assert_eq!(again.verify(), Ok(MAX_RECORDS));
        for audit in [&mut audit, &mut again] {
            audit.append(call("echo", "{}"));
        }
        assert_eq!(again.head(), audit.head());
        assert_eq!(again.verify(), Ok(MAX_RECORDS));
        assert_eq!(again.last_number(), MAX_RECORDS as u64 + 3);
    }

    #[test]
    fn a_record_that_is_none_is_refused_with_the_field() {
        let json = log(1).records().next().unwrap().to_json();
        for (field, value, message) in [
            ("hash", json!("00"), "audit.hash is not a hash of 64 hexadecimal digits"),
            ("unix_s", json!("now"), "audit.unix_s is not a whole number in range"),
            ("ok", json!(1), "audit.ok is not true or false"),
            ("tool", Value::Null, "audit.tool is not a text"),
        ] {
            let mut json = json.clone();
            json[field] = value;
            let error = Record::from_json(&Node::new("audit", &json)).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
