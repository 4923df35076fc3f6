//! What `make` calls: builds, images, runs; the tests drive machines through it too.
