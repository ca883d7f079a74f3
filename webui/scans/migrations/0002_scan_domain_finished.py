from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("scans", "0001_initial")]

    operations: ClassVar = [
        migrations.AddIndex(
            model_name="scan",
            index=models.Index(fields=["domain", "finished_at"], name="scan_domain_finished"),
        ),
    ]
