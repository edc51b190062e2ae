"""Pure calculations on the facts of a project: no ORM, no clock; dates are passed in (mechanism 3)."""
