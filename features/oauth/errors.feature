@oauth
Feature: What a refused call for an OAuth token says
  An error is a JSON object with the HTTP status and a message.

  @OAUTH-06
  Scenario Outline: The refusal of <what> says why
    Given the refused OAuth token of <what>
    Then the refusal says why

    Examples:
      | what                             |
      | nobody                           |
      | an unknown user name             |
      | credentials that are not base64  |
