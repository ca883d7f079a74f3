"""What people paste when mail is stuck: a bounce, a line of a log, a whole report of non-delivery (RFC 3464).

The text is brought into plain lines, whatever it was wrapped in; known words of senders are found in it, and who the
mail was for; and in the end the report of that domain is asked whether the failure is still there. All of it is text
in, plain data out. Of the text only the match goes any further.
"""
