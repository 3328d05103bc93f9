"""General terms of internet operations, Chinese and English, written for this package from professional knowledge.

They keep such words in one piece in the vocabulary and teach the model that a Chinese term, its English name and its
abbreviation mean the same. Nothing here comes from anyone's notes.
"""

from __future__ import annotations

# One term a line: Chinese names, English names and abbreviations, parted by "|"; all names of a line are synonyms.
_TABLE = """
用户生命周期价值|客户终身价值|用户终身价值|customer lifetime value|lifetime value|LTV|CLV
获客成本|用户获取成本|customer acquisition cost|CAC
用户生命周期|customer lifecycle|user lifecycle
日活跃用户|日活|日活跃用户数|daily active users|DAU
周活跃用户|周活|weekly active users|WAU
月活跃用户|月活|月活跃用户数|monthly active users|MAU
用户粘性|用户黏性|user stickiness|stickiness
活跃用户|active users
新增用户|新用户|new users
次日留存率|次日留存|day 1 retention|next-day retention
七日留存率|7日留存|day 7 retention
留存率|用户留存率|retention rate|user retention
用户留存|留存|retention
留存曲线|retention curve
流失率|用户流失率|客户流失率|churn rate|churn
流失用户|lost users|churned users
用户流失|customer churn|user churn
流失预警|churn prediction|churn warning
流失召回|用户召回|win-back|user reactivation
转化率|转换率|conversion rate|CVR
点击率|点击通过率|click-through rate|CTR
跳出率|bounce rate
退出率|exit rate
打开率|open rate
退订率|unsubscribe rate
送达率|到达率|delivery rate
曝光量|展现量|impressions
曝光|impression|exposure
页面浏览量|浏览量|page views|page view|PV
独立访客|独立访客数|unique visitors|unique visitor|UV
访问次数|会话数|visits|sessions
会话|session
平均停留时长|停留时长|average session duration|time on page
使用时长|usage duration|time spent
投资回报率|投入产出比|return on investment|ROI
广告支出回报率|广告投入产出比|return on ad spend|ROAS
千次展示成本|千次展现成本|cost per mille|cost per thousand impressions|CPM
单次点击成本|点击成本|cost per click|CPC
单次行动成本|cost per action|CPA
单次安装成本|cost per install|CPI
线索成本|cost per lead|CPL
单次销售成本|cost per sale|CPS
每用户平均收入|单用户平均收入|average revenue per user|ARPU
每付费用户平均收入|average revenue per paying user|ARPPU
成交总额|商品交易总额|成交总金额|gross merchandise volume|GMV
客单价|平均订单金额|average order value|AOV
笔单价|value per order
件单价|average selling price|ASP
复购率|重复购买率|repurchase rate|repeat purchase rate
复购|重复购买|repeat purchase
回购率|buyback rate
付费率|付费转化率|paying rate|payment conversion rate
付费用户|paying users|paid users
首单|首次购买|first order|first purchase
退款率|refund rate
退货率|return rate
动销率|sell-through rate
库存周转率|inventory turnover
毛利率|gross margin|gross profit margin
净利润|net profit
月度经常性收入|monthly recurring revenue|MRR
年度经常性收入|annual recurring revenue|ARR
关键绩效指标|关键业绩指标|key performance indicator|KPI
目标与关键成果|目标与关键结果|objectives and key results|OKR
北极星指标|唯一关键指标|north star metric|one metric that matters|OMTM
虚荣指标|vanity metric|vanity metrics
核心指标|key metrics|core metrics
指标体系|metric system|metrics framework
数据指标|data metrics
业务指标|business metrics
海盗模型|海盗指标|AARRR模型|pirate metrics|AARRR
用户获取|获客|拉新|user acquisition|customer acquisition
用户激活|激活|促活|activation|user activation
激活率|activation rate
用户推荐|传播推荐|referral
老带新|以老带新|推荐有礼|referral program|refer a friend
病毒系数|K因子|viral coefficient|K-factor
病毒传播|病毒式传播|裂变传播|viral spread|virality
病毒营销|病毒式营销|viral marketing
裂变|用户裂变|裂变增长|viral growth|fission
社交裂变|social referral
裂变活动|referral campaign
净推荐值|net promoter score|NPS
客户满意度|用户满意度|customer satisfaction|CSAT
用户增长|user growth
增长黑客|growth hacking|growth hacker
增长模型|growth model
增长飞轮|growth flywheel
飞轮效应|flywheel effect
网络效应|network effect
规模效应|economies of scale
长尾效应|长尾理论|long tail
马太效应|Matthew effect
羊群效应|从众心理|herd effect|bandwagon effect
锚定效应|anchoring effect
损失厌恶|loss aversion
沉没成本|sunk cost
峰终定律|peak-end rule
二八定律|帕累托法则|Pareto principle|80/20 rule
用户画像|user profile|user persona|persona
用户标签|标签体系|user tags|user labels
用户分层|user segmentation|user tiering
用户分群|人群分群|user segments|customer segmentation
用户细分|市场细分|market segmentation
目标用户|目标人群|target users|target audience
种子用户|seed users
核心用户|core users
潜在用户|潜在客户|potential users|prospects
沉默用户|沉睡用户|dormant users|inactive users
忠诚用户|忠实用户|loyal users|loyal customers
高价值用户|高净值用户|high-value users
用户忠诚度|品牌忠诚度|customer loyalty|brand loyalty
意见领袖|关键意见领袖|key opinion leader|KOL
关键意见消费者|key opinion consumer|KOC
网红|influencer
达人|达人合作|creator|influencer partnership
网红营销|influencer marketing
用户旅程|用户旅程地图|customer journey|user journey map
用户体验|user experience|UX
用户需求|用户诉求|user needs|user demand
需求分析|requirements analysis
用户调研|用户研究|user research
用户访谈|user interview
问卷调查|questionnaire|survey
焦点小组|focus group
可用性测试|usability testing
用户反馈|user feedback
用户行为|user behavior
用户行为分析|user behavior analysis
用户心智|mindshare|user mindset
用户激励|用户激励体系|user incentives|incentive system
积分体系|积分|points system|loyalty points
会员体系|会员制|membership system|membership
会员运营|membership operations
会员等级|成长体系|membership tiers|member level
付费会员|paid membership
勋章|徽章|badge
签到|每日签到|check-in|daily check-in
任务体系|task system
排行榜|leaderboard
游戏化|gamification
RFM模型|RFM model|RFM
最近一次消费|recency
消费频率|frequency
消费金额|monetary
AB测试|A/B测试|AB实验|对照实验|A/B test|A/B testing|split testing
灰度发布|灰度测试|canary release|gray release
多变量测试|multivariate testing
显著性|统计显著性|statistical significance
样本量|sample size
置信区间|confidence interval
对照组|control group
实验组|treatment group|experimental group
假设检验|hypothesis testing
漏斗分析|转化漏斗|funnel analysis|conversion funnel
漏斗模型|funnel model
归因分析|attribution analysis|attribution
归因模型|attribution model
首次触点归因|first-touch attribution
末次触点归因|last-touch attribution
多触点归因|multi-touch attribution
同期群分析|群组分析|cohort analysis
留存分析|retention analysis
路径分析|path analysis
热力图|点击热图|heatmap
对比分析|comparative analysis
趋势分析|trend analysis
相关性分析|correlation analysis
聚类分析|cluster analysis
回归分析|regression analysis
杜邦分析|DuPont analysis
同比|同比增长|year-on-year|YoY
环比|环比增长|month-on-month|MoM
数据分析|data analysis
数据埋点|埋点|event tracking|data tracking
无埋点|全埋点|codeless tracking|autotrack
事件|埋点事件|event
数据看板|数据仪表盘|仪表板|dashboard
数据报表|报表|report
数据可视化|data visualization
数据驱动|data-driven
数据仓库|data warehouse
数据中台|data middle platform
数据挖掘|data mining
商业智能|business intelligence|BI
用户数据平台|客户数据平台|customer data platform|CDP
客户关系管理|customer relationship management|CRM
数据管理平台|data management platform|DMP
营销自动化|marketing automation
精细化运营|refined operations
数据化运营|data-driven operations
用户运营|user operations
内容运营|content operations
活动运营|event operations|campaign operations
产品运营|product operations
社群运营|社区运营|community operations|community management
新媒体运营|new media operations|social media operations
电商运营|e-commerce operations
店铺运营|store operations
渠道运营|channel operations
流量运营|traffic operations
直播运营|livestream operations
短视频运营|short video operations
游戏运营|game operations
品牌运营|brand operations
私域运营|private domain operations
策略运营|strategy operations
平台运营|platform operations
互联网运营|internet operations
运营|operations
运营策略|operation strategy
运营指标|operation metrics
私域流量|私域|private traffic|private domain traffic
公域流量|公域|public traffic|public domain traffic
流量池|traffic pool
自然流量|organic traffic
付费流量|paid traffic
免费流量|free traffic
直接流量|direct traffic
流量来源|traffic source
流量变现|traffic monetization
引流|导流|drive traffic|traffic acquisition
社群|community group|group chat
微信群|WeChat group
公众号|微信公众号|WeChat official account
小程序|微信小程序|mini program
企业微信|WeCom
视频号|WeChat Channels
朋友圈|WeChat Moments
朋友圈广告|Moments ads
微博|Weibo
抖音|Douyin
快手|Kuaishou
小红书|Xiaohongshu|RED
知乎|Zhihu
哔哩哔哩|B站|Bilibili
淘宝|Taobao
天猫|Tmall
京东|JD.com
拼多多|Pinduoduo
美团|Meituan
直播带货|直播电商|livestream shopping|live commerce
主播|livestreamer|host
直播间|livestream room
坑位费|slot fee
佣金|commission
短视频|short video
完播率|completion rate|video completion rate
互动率|engagement rate|interaction rate
点赞|like
评论|comment
转发|分享|share|repost
收藏|favorite|bookmark
关注|follow
粉丝|followers|fans
涨粉|吸粉|gain followers
完读率|read-through rate
阅读量|read count|reads
爆款|hit product|bestseller
爆文|viral article
选题|topic selection
标题党|clickbait
文案|文案写作|copywriting|copy
软文|advertorial|soft article
内容营销|content marketing
内容策略|content strategy
内容分发|content distribution
内容生产|content production
内容审核|content moderation
内容日历|content calendar
用户生成内容|user-generated content|UGC
专业生产内容|professionally generated content|PGC
职业生产内容|occupationally generated content|OGC
推荐算法|个性化推荐|recommendation algorithm|personalized recommendation
信息流|feed|news feed
信息流广告|feed ads|in-feed ads
搜索引擎优化|search engine optimization|SEO
搜索引擎营销|search engine marketing|SEM
应用商店优化|app store optimization|ASO
关键词|keyword
长尾关键词|long-tail keyword
竞价排名|paid ranking|bid ranking
落地页|着陆页|landing page
外链|反向链接|backlink
收录|indexing
权重|weight
应用商店|app store
应用推广|app promotion
广告投放|投放|advertising|ad placement
精准投放|precision targeting|ad targeting
定向广告|targeted advertising
程序化广告|programmatic advertising
实时竞价|real-time bidding|RTB
需求方平台|demand-side platform|DSP
供应方平台|supply-side platform|SSP
广告位|ad slot
广告主|advertiser
开屏广告|splash ad
横幅广告|banner|banner ad
激励视频|rewarded video
原生广告|native ads
再营销|重定向|remarketing|retargeting
相似人群扩展|lookalike audience
素材|广告创意|ad creative
品牌广告|brand advertising
效果广告|performance advertising
效果营销|performance marketing
品牌曝光|brand exposure
品牌知名度|brand awareness
品牌定位|brand positioning
品牌资产|brand equity
品牌故事|brand story
品牌营销|brand marketing
整合营销|整合营销传播|integrated marketing|IMC
全渠道营销|omnichannel marketing
跨界营销|联名|crossover marketing|co-branding
饥饿营销|hunger marketing|scarcity marketing
事件营销|event marketing
借势营销|热点营销|newsjacking
口碑营销|word-of-mouth marketing
口碑|word of mouth
社交媒体营销|social media marketing
社会化营销|social marketing
邮件营销|email marketing|EDM
短信营销|SMS marketing
电话营销|telemarketing
联盟营销|affiliate marketing
精准营销|precision marketing
关系营销|relationship marketing
体验营销|experiential marketing
地推|地面推广|offline promotion
营销漏斗|marketing funnel
营销活动|marketing campaign
营销策略|marketing strategy
市场营销|marketing
市场推广|market promotion
市场调研|market research
竞品分析|竞争分析|competitor analysis|competitive analysis
竞争对手|竞品|competitor
差异化|差异化竞争|differentiation
价值主张|value proposition
独特卖点|unique selling proposition|USP
商业模式|business model
商业模式画布|business model canvas
盈利模式|revenue model|profit model
变现|商业化|monetization
免费增值|freemium
订阅制|订阅模式|subscription model
平台经济|platform economy
双边市场|two-sided market
共享经济|sharing economy
最小可行产品|minimum viable product|MVP
产品市场契合|产品市场匹配|product-market fit|PMF
敏捷开发|agile development
快速迭代|迭代|iteration
产品生命周期|product life cycle
产品定位|product positioning
产品经理|product manager|PM
产品路线图|product roadmap
冷启动|cold start
引入期|导入期|introduction stage
成长期|growth stage
成熟期|maturity stage
衰退期|decline stage
引导期|新手引导|onboarding|user onboarding
啊哈时刻|顿悟时刻|aha moment
触达|用户触达|reach
消息推送|推送|push notification|push
站内信|in-app message
弹窗|pop-up|popup
优惠券|代金券|coupon|voucher
红包|red envelope
满减|满额减|spend and save
折扣|discount
秒杀|限时秒杀|flash sale
限时折扣|limited-time discount
团购|拼团|group buying
砍价|bargain
抽奖|lucky draw|lottery
预售|presale|pre-sale
赠品|free gift
包邮|free shipping
大促|促销活动|promotion|sales promotion
双十一|双11|Double 11|Singles' Day
六一八|618|618 shopping festival
补贴|subsidy
定价策略|定价|pricing strategy|pricing
动态定价|dynamic pricing
捆绑销售|bundling|bundle
交叉销售|cross-selling|cross-sell
向上销售|追加销售|upselling|upsell
选品|product selection
上架|listing
下架|delist
商品详情页|详情页|product detail page
购物车|shopping cart
加购率|add-to-cart rate
弃购率|购物车放弃率|cart abandonment rate
下单|place an order
支付成功率|payment success rate
供应链|supply chain
物流|logistics
仓储|warehousing
最小存货单位|stock keeping unit|SKU
标准产品单位|standard product unit|SPU
商家入驻|merchant onboarding
商家|merchant|seller
售后服务|after-sales service
客服|customer service
客户成功|customer success
客户支持|customer support
客户体验|customer experience
客户保留|客户留存|customer retention
销售线索|线索|sales lead|lead
线索培育|lead nurturing
线索评分|lead scoring
市场认可线索|marketing qualified lead|MQL
销售认可线索|sales qualified lead|SQL
销售漏斗|sales funnel|sales pipeline
成交|成单|close a deal
商机|business opportunity
企业对企业|B2B|business to business
企业对消费者|B2C|business to consumer
消费者对消费者|C2C|consumer to consumer
线上到线下|线上线下|O2O|online to offline
直接面向消费者|DTC|direct to consumer
软件即服务|SaaS|software as a service
跨境电商|cross-border e-commerce
社交电商|social commerce
内容电商|content commerce
新零售|new retail
电子商务|电商|e-commerce
活动策划|活动方案|event planning|campaign planning
活动复盘|复盘|post-mortem|retrospective|review
活动预算|campaign budget
活动页面|campaign page|H5 page
活动目标|campaign goal
应急预案|contingency plan
风险控制|风控|risk control
羊毛党|薅羊毛|bonus hunter|coupon abuser
刷单|fake orders|brushing
作弊|反作弊|anti-fraud|cheating
项目管理|project management
里程碑|milestone
排期|scheduling|timeline
甘特图|Gantt chart
头脑风暴|brainstorming
思维导图|mind map
标准作业程序|标准操作流程|standard operating procedure|SOP
SWOT分析|态势分析|SWOT analysis|SWOT
波士顿矩阵|BCG matrix
波特五力|五力模型|Porter's five forces|five forces model
PEST分析|PEST analysis|PEST
4P理论|4P营销理论|marketing mix|4Ps
4C理论|4Cs
5W2H分析法|5W2H
SMART原则|SMART goals|SMART
PDCA循环|戴明环|PDCA cycle|Deming cycle
AIDA模型|AIDA model
AISAS模型|AISAS model
STP理论|STP战略|segmentation targeting positioning|STP
KANO模型|卡诺模型|Kano model
马斯洛需求层次|需求层次理论|Maslow's hierarchy of needs
上瘾模型|钩子模型|hook model
福格行为模型|福格模型|Fogg behavior model
用户参与度|用户活跃度|user engagement|engagement
人均使用次数|sessions per user
功能使用率|feature adoption rate
最高同时在线|峰值在线人数|peak concurrent users|PCU
平均同时在线|average concurrent users|ACU
社群活跃度|community activity
群主|group owner
群规|group rules
社区|community
论坛|forum
版主|moderator
话题|topic|hashtag
舆情监控|public opinion monitoring|social listening
公关|危机公关|public relations|PR|crisis management
媒体投放|media buying|media placement
渠道|channel
渠道分析|channel analysis
渠道质量|channel quality
买量|paid user acquisition
存量用户|existing users
增量|increment|incremental
存量|stock|existing base
下沉市场|lower-tier markets
赛道|track|market segment
赋能|empower|enablement
闭环|closed loop
抓手|lever|starting point
打法|playbook
颗粒度|granularity
痛点|pain point
痒点|itch point
爽点|delight point
场景|使用场景|scenario|use case
触点|touchpoint
链路|转化链路|conversion path
心智占领|mental availability
种草|product seeding|recommendation seeding
拔草|purchase after recommendation
社会认同|社会证明|social proof
稀缺性|scarcity
互惠原理|reciprocity
""".strip()


def synonym_sets() -> tuple[tuple[str, ...], ...]:
    """The names of each term, as written in the table."""
    return tuple(tuple(line.split("|")) for line in _TABLE.splitlines())


def names() -> tuple[str, ...]:
    """Every name once, in the order of the table."""
    return tuple(dict.fromkeys(name for group in synonym_sets() for name in group))
