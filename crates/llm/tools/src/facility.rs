//! Parts of the system that tools need and that may be missing: files, a network, a canvas, a place
//! where code runs.
//!
//! A tool whose part is missing says so and is not offered to the model.

use alloc::{string::String, vec::Vec};
use core::{fmt, ops::ControlFlow};
use llm_memory::{BoxFuture, MemoryError};

/// A part of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facility {
    /// A disk with files.
    Files,
    /// A network.
    Network,
    /// A panel that pictures are drawn on.
    Canvas,
    /// A place where code runs with nothing in reach.
    Sandbox,
}

impl fmt::Display for Facility {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Files => "a disk with files",
            Self::Network => "a network",
            Self::Canvas => "a canvas",
            Self::Sandbox => "a sandbox for code",
        })
    }
}

/// One entry of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileEntry {
    /// Its name, without the path.
    pub name: String,
    /// Its length; `None` for a folder.
    pub len_bytes: Option<u64>,
}

/// A file operation that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileError {
    /// There is nothing of this name.
    NotFound {
        /// The path.
        path: String,
    },
    /// A folder where a file is needed, or the other way round.
    WrongKind {
        /// The path.
        path: String,
    },
    /// The path leads out of the tree, or has characters that no name may have.
    BadPath {
        /// The path.
        path: String,
    },
    /// The disk has no room.
    Full,
    /// The disk does not do what it should.
    Device {
        /// What it says.
        message: String,
    },
}

/// How much room a disk has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes in all.
    pub total_bytes: u64,
    /// Bytes that are free.
    pub free_bytes: u64,
}

/// Files and folders; paths are separated by `/` and begin at the root.
pub trait Files {
    /// What is in a folder, in the order of names.
    fn list<'a>(&'a self, path: &'a str) -> BoxFuture<'a, Result<Vec<FileEntry>, FileError>>;

    /// At most `most` bytes of a file, from its start.
    fn read<'a>(&'a self, path: &'a str, most: usize) -> BoxFuture<'a, Result<Vec<u8>, FileError>>;

    /// Writes a file, in place of what was there or behind it.
    fn write<'a>(
        &'a self,
        path: &'a str,
        bytes: &'a [u8],
        is_append: bool,
    ) -> BoxFuture<'a, Result<(), FileError>>;

    /// How much room there is for files.
    fn room(&self) -> BoxFuture<'_, Result<Room, FileError>>;
}

/// What a server answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// Media type (`text/html`).
    pub media_type: String,
    /// The body, cut at the limit that was asked for.
    pub body: Vec<u8>,
}

/// A hit of a search on the web.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebHit {
    /// Title of the page.
    pub title: String,
    /// Its address.
    pub url: String,
    /// What it says about the question.
    pub excerpt: String,
}

/// A request that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkError {
    /// What the network says.
    pub message: String,
}

/// The network, for tools.
pub trait Network {
    /// Gets a page.
    fn get<'a>(
        &'a self,
        url: &'a str,
        most_bytes: usize,
    ) -> BoxFuture<'a, Result<Response, NetworkError>>;

    /// Searches the web.
    fn search<'a>(&'a self, query: &'a str) -> BoxFuture<'a, Result<Vec<WebHit>, NetworkError>>;
}

/// A picture, as what it shows.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    /// Bars side by side.
    BarChart {
        /// Their heights.
        values: Vec<f64>,
        /// Their names; as many as values, or none.
        labels: Vec<String>,
    },
    /// Points joined by a line.
    LineChart {
        /// Their heights, from left to right.
        values: Vec<f64>,
        /// Their names; as many as values, or none.
        labels: Vec<String>,
    },
    /// Shares of a whole.
    PieChart {
        /// The shares.
        values: Vec<f64>,
        /// Their names; as many as values, or none.
        labels: Vec<String>,
    },
    /// Shapes, drawn one over the other.
    Shapes(Vec<Shape>),
}

/// A shape on a canvas of 100 x 100 units, origin at the top left.
#[derive(Clone, Debug, PartialEq)]
pub struct Shape {
    /// What it is.
    pub kind: ShapeKind,
    /// Its colour, by name (`red`); empty for the pen's.
    pub color: String,
}

/// Kinds of shapes.
#[derive(Clone, Debug, PartialEq)]
pub enum ShapeKind {
    /// Centre and radius.
    Circle {
        /// Centre, in units from the left and from the top.
        center: (f32, f32),
        /// Radius in units.
        radius: f32,
    },
    /// A closed line through points.
    Polygon {
        /// Its corners.
        points: Vec<(f32, f32)>,
    },
    /// A straight line.
    Line {
        /// Where it begins.
        from: (f32, f32),
        /// Where it ends.
        to: (f32, f32),
    },
}

/// A panel for pictures.
pub trait Canvas {
    /// Shows a picture in place of what was there.
    fn show(&self, drawing: &Drawing);
}

/// What running code asks of the system. It is held by `Rc`, because a script engine keeps its
/// callbacks for as long as it likes: it cannot borrow what a single call lends.
pub trait CodeHost {
    /// Lets others run for a moment; `Break` when the code has to stop. Called every few hundred
    /// operations.
    fn breathe(&self) -> ControlFlow<()>;

    /// Time since the system came up, in nanoseconds.
    fn uptime_ns(&self) -> u64;

    /// Bytes that the heap has handed out now, to whomever. Called at every operation.
    fn allocated_bytes(&self) -> u64;
}

/// What was said before, for tools to search.
pub trait History {
    /// At most `count` turns that a question is about, nearest first, as they were said.
    fn search<'a>(
        &'a self,
        question: &'a str,
        count: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, MemoryError>>;
}

/// No turn yet.
impl History for () {
    fn search<'a>(
        &'a self,
        _question: &'a str,
        _count: usize,
    ) -> BoxFuture<'a, Result<Vec<String>, MemoryError>> {
        alloc::boxed::Box::pin(core::future::ready(Ok(Vec::new())))
    }
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { path } => write!(f, "there is no \"{path}\""),
            Self::WrongKind { path } => write!(f, "\"{path}\" is not of the kind that is needed"),
            Self::BadPath { path } => write!(f, "\"{path}\" is not a path"),
            Self::Full => f.write_str("the disk is full"),
            Self::Device { message } => write!(f, "the disk: {message}"),
        }
    }
}

impl fmt::Display for NetworkError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the network: {}", self.message)
    }
}
