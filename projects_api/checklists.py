"""What an inspection of each kind looks at: keys with their words in Chinese and English, data only.

A key never changes its meaning and never goes: inspections hold keys. An inspector may add points of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

from projects_api.choices import InspectionKind


@dataclass(frozen=True)
class Point:
    key: str
    zh: str
    en: str


# What other authorities accept, each with a paper of its own; the certificate lists them with day and document number.
SPECIAL_ACCEPTANCES = (
    Point("planning", "规划核实", "Planning verification"),
    Point("fire", "消防验收（备案）", "Fire safety acceptance or filing"),
    Point("energy", "建筑节能验收", "Energy efficiency acceptance"),
    Point("civil_defence", "人防工程验收", "Civil defence acceptance"),
    Point("lightning", "防雷装置验收", "Lightning protection acceptance"),
    Point("lifts", "电梯监督检验", "Inspection of lifts"),
    Point("indoor_air", "室内环境质量检测", "Test of the indoor air"),
    Point("drinking_water", "生活饮用水检测", "Test of the drinking water"),
)

CHECKLISTS: dict[str, tuple[Point, ...]] = {
    InspectionKind.QUALITY: (
        Point("materials", "材料、构配件进场验收和复试资料齐全", "Materials checked on arrival, test reports at hand"),
        Point("reinforcement", "钢筋、模板工程符合设计和规范", "Reinforcement and formwork as designed"),
        Point("concrete", "混凝土强度、外观质量合格", "Concrete strength and surfaces in order"),
        Point("masonry", "砌体与构造柱、拉结筋符合要求", "Masonry, tie columns and ties in order"),
        Point("waterproofing", "屋面、卫生间防水合格", "Roofs and wet rooms watertight"),
        Point("concealed_works", "隐蔽工程验收记录齐全", "Records of concealed works complete"),
        Point("supervision_record", "监理旁站、平行检验记录齐全", "Records of the supervising firm complete"),
    ),
    InspectionKind.SAFETY: (
        Point("site_closed", "施工区与教学区隔离，围挡牢固", "Site fenced off from lessons, hoarding firm"),
        Point("scaffolding", "脚手架、模板支架搭设符合方案", "Scaffolding and shoring as planned"),
        Point("edges", "临边、洞口防护到位", "Edges and openings guarded"),
        Point("hoists", "塔吊、施工升降机检测合格并备案", "Cranes and hoists tested and filed"),
        Point("electricity", "临时用电三级配电、两级保护", "Temporary power in three levels, protected at two"),
        Point("fire_protection", "消防器材、动火审批到位", "Fire extinguishers, permits for hot work"),
        Point("protective_gear", "作业人员安全帽、安全带佩戴", "Helmets and harnesses worn"),
        Point("briefing", "安全教育与技术交底记录", "Safety briefings on record"),
    ),
    InspectionKind.PROGRESS: (
        Point("as_reported", "现场形象进度与填报一致", "The site is as far as reported"),
        Point("workforce", "劳动力、机械满足进度要求", "Workers and machines are enough for the plan"),
        Point("material_supply", "材料供应满足进度要求", "Materials arrive in time"),
        Point("drawings", "图纸、变更手续齐全", "Drawings and changes are settled"),
        Point("wages", "农民工工资按时发放", "Workers are paid on time"),
    ),
    InspectionKind.SPECIAL_ACCEPTANCE: SPECIAL_ACCEPTANCES,
    InspectionKind.COMPLETION_ACCEPTANCE: (
        Point("contract_fulfilled", "完成设计和合同约定的各项内容", "Everything in design and contract is done"),
        Point("fire", "消防验收（备案）合格", "Fire safety accepted or filed"),
        Point("planning", "规划核实合格", "Planning verified"),
        Point("energy", "建筑节能验收合格", "Energy efficiency accepted"),
        Point("civil_defence", "人防工程验收合格", "Civil defence accepted"),
        Point("supervision_report", "工程质量评估报告（监理）", "Assessment by the supervising firm"),
        Point("quality_supervision", "质量监督报告", "Report of the quality supervision"),
        Point("archives", "工程档案资料齐全并移交", "Documents complete and archived"),
        Point("warranty", "施工单位签署工程质量保修书", "Warranty signed by the contractor"),
    ),
}


def points(kind: str) -> dict[str, Point]:
    """The checklist of a kind, by key."""
    return {point.key: point for point in CHECKLISTS[kind]}
