"""The form of the home page."""

from django import forms

from checker.names import DomainName, InvalidDomain, parse_domain


class ScanForm(forms.Form):
    """One field: a domain, or a mail address. Empty is answered by ``parse_domain`` too, so it isn't ``required``."""

    domain = forms.CharField(label="Domain or mail address", required=False)

    def clean_domain(self) -> DomainName:
        """The name that was meant."""
        try:
            return parse_domain(self.cleaned_data["domain"])
        except InvalidDomain as invalid:
            raise forms.ValidationError(invalid.message, invalid.code) from invalid
