//! Submission: what is particular to SMTP.

#[cfg_attr(not(test), expect(dead_code, reason = "the submission listener will use it"))]
mod policy;
#[cfg_attr(not(test), expect(dead_code, reason = "the submission listener will use it"))]
mod quota;
