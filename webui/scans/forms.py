"""The form of the home page."""

from django import forms

from checker.names import DomainName, InvalidDomain, parse_domain


class ScanForm(forms.Form):
    """One field: a domain, or a mail address. ``parse_domain`` alone judges it, so it is a field without rules."""

    domain = forms.Field(label="Domain or mail address", required=False)

    def clean_domain(self) -> DomainName:
        """The name that was meant."""
        try:
            return parse_domain(self.cleaned_data["domain"] or "")
        except InvalidDomain as invalid:
            raise forms.ValidationError(invalid.message, invalid.code) from invalid

    def refuse(self, sentence: str) -> None:
        """Show this sentence, and nothing that may also be wrong with the domain."""
        self.errors["domain"] = self.error_class([sentence])
