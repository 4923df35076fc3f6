//! An engine in a process of its own that measures what it is asked, a line of JSON at a time.

use crate::error::Error;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Seconds that a prompt and its continuation took.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    pub prefill_s: f64,
    pub decode_s: f64,
}

/// A running engine; it ends with the value.
pub struct Worker {
    name: String,
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    greeting: Value,
}

impl Worker {
    /// Starts `command` and waits for its first line, which it writes when the model is loaded.
    pub fn start(mut command: Command) -> Result<Self, Error> {
        let name = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(Error::io(format!("cannot start {name}")))?;
        let input = child.stdin.take().expect("it was piped");
        let output = BufReader::new(child.stdout.take().expect("it was piped"));
        let mut worker = Self { name, child, input, output, greeting: Value::Null };
        worker.greeting = worker.line()?;
        Ok(worker)
    }

    /// What it said first.
    pub fn greeting(&self) -> &Value {
        &self.greeting
    }

    /// Has it compute a prompt and what follows it, token ids.
    pub fn ask(&mut self, prompt: &[u64], continuation: &[u64]) -> Result<Timing, Error> {
        let answer = self.request(&json!({ "prompt": prompt, "continuation": continuation }))?;
        match (answer["prefill_s"].as_f64(), answer["decode_s"].as_f64()) {
            (Some(prefill_s), Some(decode_s)) => Ok(Timing { prefill_s, decode_s }),
            _ => Err(self.failed(format!("answered {answer}"))),
        }
    }

    /// Has it answer a request.
    pub fn request(&mut self, request: &Value) -> Result<Value, Error> {
        writeln!(self.input, "{request}")
            .and_then(|()| self.input.flush())
            .map_err(Error::io(format!("cannot write to {}", self.name)))?;
        self.line()
    }

    fn line(&mut self) -> Result<Value, Error> {
        let mut line = String::new();
        let read = self.output.read_line(&mut line);
        read.map_err(Error::io(format!("cannot read from {}", self.name)))?;
        match serde_json::from_str(&line) {
            Ok(value) => Ok(value),
            // What is wrong it has said on its error output, which is ours.
            Err(_) if line.is_empty() => Err(self.failed("ended".to_owned())),
            Err(_) => Err(self.failed(format!("said {:?}", line.trim_end()))),
        }
    }

    /// An error of this engine.
    pub fn failed(&self, outcome: String) -> Error {
        Error::Command { command: self.name.clone(), outcome }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // It would end with its input too, but may be in the middle of something.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn answers_are_read_and_nonsense_is_named() {
        let script = r#"echo '{"vocabulary":7}'; read a; echo '{"prefill_s":0.5,"decode_s":2}'
            read b; echo '{"prefill_s":1}'; read c; echo oh; read d"#;
        let mut worker = Worker::start(shell(script)).unwrap();
        assert_eq!(worker.greeting()["vocabulary"], 7);
        assert_eq!(worker.ask(&[1], &[2]).unwrap(), Timing { prefill_s: 0.5, decode_s: 2.0 });
        let mut complaint = || worker.ask(&[1, 2], &[3]).unwrap_err().to_string();
        assert_eq!(complaint(), r#"`sh` answered {"prefill_s":1}"#);
        assert_eq!(complaint(), "`sh` said \"oh\"");
        assert_eq!(complaint(), "`sh` ended");
        assert!(Worker::start(shell("exit 1")).is_err());
    }
}
