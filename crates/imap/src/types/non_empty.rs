//! Lists that have at least one element.

use std::ops::Deref;

use super::Invalid;
use crate::parse::{Allowance, Cursor, Parsing};
use crate::write::{Write, Writer};

/// A list of at least one element, as most lists of the grammar must be.
///
/// ```
/// use gatepost_imap::types::NonEmpty;
///
/// let list = NonEmpty::new(vec![1, 2]).unwrap();
/// assert_eq!(list.len(), 2);
/// assert!(NonEmpty::<u8>::new(vec![]).is_err());
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NonEmpty<T>(Vec<T>);

impl<T> NonEmpty<T> {
    /// Takes the elements.
    ///
    /// # Errors
    /// If there is none.
    pub fn new(elements: Vec<T>) -> Result<Self, Invalid> {
        match elements.is_empty() {
            false => Ok(Self(elements)),
            true => Err(Invalid {
                what: "list of at least one element",
            }),
        }
    }

    /// The list of one element.
    pub fn of(element: T) -> Self {
        Self(vec![element])
    }

    /// Adds one at the end.
    pub fn push(&mut self, element: T) {
        self.0.push(element);
    }

    /// The elements.
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T> Deref for NonEmpty<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'a, T> IntoIterator for &'a NonEmpty<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> IntoIterator for NonEmpty<T> {
    type Item = T;
    type IntoIter = std::vec::IntoIter<T>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl Cursor<'_> {
    /// `one *(SP one)`
    pub(crate) fn spaced<T>(&mut self, mut one: impl FnMut(&mut Self) -> Parsing<T>) -> Parsing<NonEmpty<T>> {
        self.element()?;
        let mut elements = vec![one(self)?];
        while self.is_before_more() {
            self.space()?;
            if self.peek() == Some(b')') && self.forgives(Allowance::Spaces) {
                break;
            }
            self.element()?;
            elements.push(one(self)?);
        }
        Ok(NonEmpty(elements))
    }

    /// `"(" one *(SP one) ")"`, without the opening parenthesis.
    pub(crate) fn rest_of_list<T>(
        &mut self,
        one: impl FnMut(&mut Self) -> Parsing<T>,
    ) -> Parsing<NonEmpty<T>> {
        let elements = self.spaced(one)?;
        self.octet(b')', "a space or a closing parenthesis")?;
        Ok(elements)
    }

    /// `"(" one *(SP one) ")"`
    pub(crate) fn list<T>(
        &mut self,
        expected: &'static str,
        one: impl FnMut(&mut Self) -> Parsing<T>,
    ) -> Parsing<NonEmpty<T>> {
        self.octet(b'(', expected)?;
        self.rest_of_list(one)
    }

    /// `"(" [one *(SP one)] ")"`
    pub(crate) fn list_or_none<T>(
        &mut self,
        expected: &'static str,
        one: impl FnMut(&mut Self) -> Parsing<T>,
    ) -> Parsing<Vec<T>> {
        self.octet(b'(', expected)?;
        if self.peek() == Some(b' ') && self.forgives(Allowance::Spaces) {
            self.space()?;
        }
        if self.eat(b')') {
            return Ok(Vec::new());
        }
        self.rest_of_list(one).map(NonEmpty::into_vec)
    }

    /// Whether a space comes next that is not the last thing on the line.
    pub(crate) fn is_before_more(&self) -> bool {
        match self.rest() {
            [b' ', rest @ ..] => rest.iter().any(|&octet| octet != b' '),
            _ => false,
        }
    }
}

impl<T: Write> Write for NonEmpty<T> {
    /// In parentheses.
    fn write(&self, out: &mut Writer<'_>) {
        out.list(self.iter());
    }
}
