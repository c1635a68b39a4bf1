@login
Feature: Users that get no token
  A user that is not Active gets no token, whatever the password; nor does an ordinary user of Unifier.

  @LOGIN-15
  Scenario: A user that is not Active
    Given a Basic user that is not Active
    When the user logs in
    Then the user that is not Active is refused

  @LOGIN-23
  Scenario: An ordinary user, one that is no integration user
    Given an ordinary user
    When the user logs in
    Then the ordinary user is refused
