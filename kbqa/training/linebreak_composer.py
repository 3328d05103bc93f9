"""Decks composed from word lists: every shape that slides have, with words that mean little.

They show the network what documentation hardly has, such as lists of bare verb phrases and cards of a title and one
sentence; the meaning comes from the other texts, and few of these suffice.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from kbqa.training.linebreak_sources import Deck, Line

_VERBS = """
    制定 建立 设计 优化 明确 梳理 收集 分析 评估 跟踪 确定 整理 搭建 培养 提升 完善 规范 监控 记录 拆分 核对
    汇总 发布 测试 验证 安排 组织 协调 选择 配置 统计 对比 识别 处理 回访 邀请 开展 落实 更新 归档 检查 调整
    策划 准备 预约 划分 设置 公布 控制 沉淀 推动 引导 筛选 复核 盘点 登记 通知 反馈 追踪 输出 撰写 审核 上线
    降低 缩短 统一 扩大 维护 挖掘 打通 整合 实施 总结 复盘 确认 编写 保持 避免 聚焦 观察 测算 补充 承接 签订
    采集 排查 修复 演练 共享 沟通 熟悉 掌握 了解 关注 强化 减少 预留 分配 细化 归纳
""".split()
_NOUNS = """
    目标 规则 流程 预算 方案 数据 用户 客户 渠道 内容 活动 团队 指标 计划 素材 权限 报表 库存 课程 需求 问题
    风险 成本 收入 反馈 标签 人群 场景 权益 任务 话术 门店 社群 订单 供应商 合同 考勤 岗位 职责 培训 设备 日志
    接口 版本 样本 假设 结论 标准 制度 模板 清单 时间表 负责人 关键节点 转化率 留存率 复购率 满意度 响应时长
    投诉原因 使用习惯 价格 优惠券 积分 奖品 文案 海报 直播间 主播 选题 栏目 评论 私信 问卷 访谈 竞品 市场 行业
    趋势 品牌 口碑 舆情 预案 物料 仓库 物流 退货 发票 薪酬 绩效 晋升 招聘 面试 档案 知识库 工单 服务 质量 系统
    工具 看板 埋点 实验 分组 画像 路径 漏斗 触点 触达 短信 推送 弹窗 落地页 首页 搜索 推荐 会员 等级 成长值
""".split()
_MODIFIERS = """
    核心 关键 主要 日常 年度 季度 月度 阶段性 高价值 潜在 新 老 重点 线上 线下 跨部门 内部 外部 统一的 清晰的
    稳定的 可量化的 有效的 完整的 差异化 个性化 标准化 自动化 基础 完善的 合理的 长期 短期 目标 典型 常见 首次
    历史 整体 各环节 全流程 多渠道
""".split()
TAILS = """
    管理 分析 体系 机制 方法 流程 设计 策略 规划 优化 评估 监测 建设 运营 诊断 搭建 培训 复盘 标准 要点 基础
    实践 概述 模型 步骤 原则 思路 工具 指南 技巧 案例 框架 定位 拆解 落地 协作 考核 激励 控制 准备 执行
""".split()
_INTROS = """
    包括 主要包括 通常包括 应包括 需要做到以下几点 具体步骤如下 有以下几类 可从以下方面入手 应遵循以下原则
    需注意 分为 主要工作 常见做法有 关键步骤 核心要点 检查清单 具体要求 常用方法 需关注以下维度
""".split()
_ROLES = """
    运营人员 团队 负责人 店长 主管 客服 新人 产品经理 管理者 分析师 编辑 讲师 企业 平台 商家 项目组 我们 公司
""".split()
_RESULTS = """
    提高效率 降低成本 减少返工 改善体验 保证质量 形成闭环 便于追溯 支持决策 增强信任 避免遗漏 缩短周期 控制风险
    提升转化 稳定预期 方便后续复盘 确保按时完成 让结果可比较 使分工更清楚 防止重复劳动 带动复购
""".split()
_MEASURES = "比例 时间 次数 人数 占比 平均值 总和 能力".split()
_CASES = """
    案例 示例 小结 注意 常用工具 关键指标 适用场景 典型问题 成长路径 实战案例 考核方式 案例分享 常见误区
    延伸阅读 产出物
""".split()
_LATIN = """
    KPI OKR ROI SOP CRM LTV GMV DAU MAU SKU NPS APP API H5 SEO A/B BI ERP
""".split()


class Composer:
    """Composes decks of made-up but grammatical lines from the lists above."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def noun(self) -> str:
        word = self.rng.choice(_NOUNS)
        if self.rng.random() < 0.08:
            word = self.rng.choice(_LATIN)
        if self.rng.random() < 0.3:
            word = self.rng.choice(_MODIFIERS) + word
        return word

    def objects(self) -> str:
        roll = self.rng.random()
        if roll < 0.25:
            return self.noun() + self.rng.choice(("和", "与", "及", "、")) + self.rng.choice(_NOUNS)
        if roll < 0.45:
            return self.noun() + self.rng.choice(TAILS)
        if roll < 0.55:
            return self.noun() + self.rng.choice(("的", "之间的")) + self.rng.choice(_NOUNS)
        return self.noun() + (f"({self.rng.choice(_NOUNS)}、{self.rng.choice(_NOUNS)}等)" if roll > 0.95 else "")

    def phrase(self) -> str:
        return self.rng.choice(_VERBS) + self.objects()

    def title(self) -> str:
        roll = self.rng.random()
        if roll < 0.25:
            return self.rng.choice(_NOUNS) + self.rng.choice(("与", "和", "及")) + self.rng.choice(_NOUNS) + self.tail()
        if roll < 0.35:
            return self.rng.choice(_NOUNS) + "的" + self.rng.choice(_NOUNS) + self.tail()
        if roll < 0.5:
            return self.rng.choice(_VERBS) + self.noun()
        return self.rng.choice(_NOUNS) + (self.rng.choice(_NOUNS) if roll < 0.7 else "") + self.rng.choice(TAILS)

    def tail(self) -> str:
        return self.rng.choice(TAILS) if self.rng.random() < 0.6 else ""

    def clauses(self, low: int, high: int) -> str:
        parts = [self.phrase() for _ in range(self.rng.randint(low, high))]
        if self.rng.random() < 0.3:
            parts.append(self.rng.choice(_RESULTS))
        return ",".join(parts)

    def sentence(self, topic: str) -> str:
        rng, roll = self.rng, self.rng.random()
        if roll < 0.3:
            return f"{topic}{rng.choice(('是', '需要', '应当', '的关键是', '有助于', '要先'))}{self.clauses(1, 3)}。"
        if roll < 0.5:
            return f"{rng.choice(_ROLES)}{rng.choice(('需', '应', '要', '可以', '通常会'))}{self.clauses(1, 3)}。"
        if roll < 0.7:
            return f"{rng.choice(('通过', '围绕', '根据', '针对', '基于'))}{self.objects()}{self.clauses(1, 3)}。"
        return self.clauses(2, 4) + "。"

    def paragraph(self, topic: str) -> Line:
        count = self.rng.choice((1, 1, 2, 2, 3))
        return Line("".join(self.sentence(topic if not i else self.noun()) for i in range(count)), "paragraph")

    def label(self) -> str:
        roll = self.rng.random()
        if roll < 0.35:
            return self.rng.choice(_NOUNS) + self.rng.choice(TAILS)
        if roll < 0.5:
            return self.rng.choice(_NOUNS) + self.rng.choice(("期", "型", "率", "类", "阶段", "原则", "性", "岗位"))
        if roll < 0.6:
            return f"{self.rng.choice(_NOUNS)}({self.rng.choice(_LATIN)})"
        if roll < 0.75:
            return self.rng.choice(_NOUNS) + self.rng.choice(_VERBS)
        return self.rng.choice(_NOUNS)

    def explanation(self) -> str:
        roll = self.rng.random()
        if roll < 0.45:
            return self.clauses(1, 2)
        if roll < 0.65:
            return self.objects() + self.rng.choice(("、", ",", "与")) + self.objects()
        if roll < 0.8:
            return f"{self.phrase()}的{self.rng.choice(_MEASURES)}"
        return self.rng.choice(("如何", "确保", "是否", "为", "由", "每次", "避免")) + self.phrase()

    def items(self) -> Iterator[Line]:
        """A list in one style: labelled, bare verb phrases, titled numbers, or nouns."""
        count, style = self.rng.randint(3, 6), self.rng.random()
        for i in range(count):
            if style < 0.4:
                yield Line(f"{self.label()}:{self.explanation()}", "item")
            elif style < 0.8:
                yield Line(self.clauses(1, 1) if self.rng.random() < 0.75 else self.clauses(2, 2), "item")
            else:
                yield Line(f"{i + 1}{self.mark(style)}{self.clauses(1, 2)}", "item")

    def mark(self, style: float) -> str:
        return ("、", ".", ")", "")[int(style * 1000) % 4]

    def block(self, topic: str) -> Iterator[Line]:
        rng, roll = self.rng, self.rng.random()
        if roll < 0.3:
            for _ in range(rng.randint(2, 5)):
                yield Line(self.title(), "heading")
                yield Line(self.clauses(2, 4) + "。", "paragraph")
                if rng.random() < 0.2:
                    yield Line(f"{rng.choice(_CASES)}:{self.noun()}、{self.noun()}。", "item")
            return
        if rng.random() < 0.5:
            yield self.paragraph(topic)
        if rng.random() < 0.75:
            yield self.intro(topic)
        yield from self.items()
        if rng.random() < 0.3:
            yield Line(f"{rng.choice(_CASES)}:{self.sentence('某' + self.noun())}", "item")
        if rng.random() < 0.2:
            yield self.paragraph(topic)

    def intro(self, topic: str = "") -> Line:
        return Line(f"{self.rng.choice((topic, self.title(), ''))}{self.rng.choice(_INTROS)}:", "paragraph")

    def deck(self) -> Deck:
        lines = [Line(self.title(), "heading")]
        for _ in range(self.rng.randint(2, 4)):
            topic = self.title()
            lines += [Line(topic, "heading"), *self.block(topic)]
        return tuple(lines)
