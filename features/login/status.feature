@login
Feature: Users that get no token
  A user that is not Active gets no token, whatever the password; nor does an ordinary user of Unifier.

  @LOGIN-15
  Scenario: A user that is not Active
    Given every Basic user that is not Active
    When each user logs in
    Then each user that is not Active is refused

  @LOGIN-23
  Scenario: An ordinary user, one that is no integration user
    Given every ordinary user
    When each user logs in
    Then each ordinary user is refused
