"""What QGIS makes of `/ogc`, without a screen: lists the connection, opens the layer, counts, filters, draws it.

    QT_QPA_PLATFORM=offscreen /usr/bin/python3 script/lib/see_in_qgis.py http://127.0.0.1:8000/ogc map.png

Needs Debian's python3-qgis and qgis-providers, which no script of ours installs (docs/ogc.md says what was seen). The server's
access log says what was asked of it.
"""

from __future__ import annotations

import os
import sys
import time

from qgis.core import (
    Qgis,
    QgsApplication,
    QgsFeatureRequest,
    QgsMapRendererParallelJob,
    QgsMapSettings,
    QgsRectangle,
    QgsSettings,
    QgsVectorLayer,
)
from qgis.PyQt.QtCore import QSize

url, picture = sys.argv[1], sys.argv[2]
QgsApplication.setPrefixPath("/usr", True)
application = QgsApplication([], True)
application.initQgis()
print("QGIS", Qgis.QGIS_VERSION)

# As the dialog keeps a connection, and as the browser panel lists its layers.
settings = QgsSettings()
settings.setValue("qgis/connections-wfs/SchoolWorks/url", url)
settings.setValue("qgis/WFS/SchoolWorks/version", "OGC_API_FEATURES")
for provider in QgsApplication.dataItemProviderRegistry().providers():
    if "WFS" in provider.name():
        root = provider.createDataItem("", None)
        for connection in root.createChildren():
            print("connection", connection.name(), [(item.name(), item.path()) for item in connection.createChildren()])


def opened(more: str = "") -> QgsVectorLayer:
    began = time.perf_counter()
    source = f"pagingEnabled='true' restrictToRequestBBOX='1' typename='projects' url='{url}' {more}"
    layer = QgsVectorLayer(source, "projects", "OAPIF")
    print(f"opened {more}", layer.isValid(), f"{time.perf_counter() - began:.2f} s")
    return layer


def counted(layer: QgsVectorLayer, words: str, request: QgsFeatureRequest | None = None) -> int:
    began = time.perf_counter()
    found = [feature.hasGeometry() for feature in layer.getFeatures(request or QgsFeatureRequest())]
    print(f"{words}: {len(found)}, with a place {sum(found)}, {time.perf_counter() - began:.2f} s")
    return len(found)


layer = opened()
if not layer.isValid():
    sys.exit("not opened")
print("count", layer.featureCount(), "crs", layer.crs().authid(), "extent", layer.extent().toString(4))
print([(field.name(), field.typeName()) for field in layer.fields()])
told = layer.dataProvider().layerMetadata()
print(
    "metadata",
    told.title(),
    "|",
    told.abstract(),
    "|",
    told.licenses(),
    [(link.name, link.url) for link in told.links()],
)
print([(r.begin().toString("yyyy-MM-dd"), r.end().toString("yyyy-MM-dd")) for r in told.extent().temporalExtents()])
counted(layer, "all")
counted(opened("pageSize='5'"), "all, five by five")
box = QgsRectangle(109.3, 34.8, 109.7, 35.1)
counted(opened(), "in a box", QgsFeatureRequest(box))
for expression in sys.argv[3:] or (
    "status = 'in_use'",
    '"kind" = \'new_build\' AND "places" > 500',
    "\"begins\" >= '2023-06-01'",
    "\"begins\" <= '2022-06-01'",
    "\"begins\" >= to_date('2023-06-01')",
    "\"title_zh\" LIKE '%小学%'",
):
    layer = opened()
    print("filter taken", layer.setSubsetString(expression))
    counted(layer, expression)

layer = opened()
view = QgsMapSettings()
view.setLayers([layer])
view.setDestinationCrs(layer.crs())
view.setExtent(box)
view.setOutputSize(QSize(900, 600))
job = QgsMapRendererParallelJob(view)
job.start()
job.waitForFinished()
print("drawn", job.renderedImage().save(picture))
sys.stdout.flush()
os._exit(0)  # taking QGIS down in Python's order of things ends in a fault
