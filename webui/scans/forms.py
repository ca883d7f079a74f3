"""The form of the home page."""

from django import forms

from checker.names import DomainName, InvalidDomain
from webui.scans.asked import parse_asked


class ScanForm(forms.Form):
    """One field: a domain, or a mail address. ``parse_asked`` alone judges it, so it is a field without rules."""

    domain = forms.Field(label="Domain or mail address", required=False)

    def clean_domain(self) -> DomainName:
        """The name that was meant."""
        try:
            return parse_asked(self.cleaned_data["domain"] or "")
        except InvalidDomain as invalid:
            raise forms.ValidationError(invalid.message, invalid.code) from invalid

    def refuse(self, sentence: str) -> None:
        """Show this sentence, and nothing that may also be wrong with the domain."""
        self.errors["domain"] = self.error_class([sentence])
