"""The form of the home page."""

from django import forms

from checker.names import InvalidDomain
from webui.scans.asked import Asked, read_asked


class ScanForm(forms.Form):
    """One field: a domain, a mail address, or a text about mail that is stuck.

    ``read_asked`` alone judges it, so it is a field without rules.
    """

    domain = forms.Field(label="Domain, mail address or bounce message", required=False)

    def clean_domain(self) -> Asked:
        """What was meant."""
        try:
            return read_asked(self.cleaned_data["domain"] or "")
        except InvalidDomain as invalid:
            raise forms.ValidationError(invalid.message, invalid.code) from invalid

    def refuse(self, sentence: str) -> None:
        """Show this sentence, and nothing that may also be wrong with the domain."""
        self.errors["domain"] = self.error_class([sentence])
