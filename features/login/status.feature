@login
Feature: Users that are not Active
  A user that is not Active gets no token, whatever the password.

  @LOGIN-15
  Scenario: A user that is not Active
    Given a Basic user that is not Active
    When the user logs in
    Then the user that is not Active is refused
