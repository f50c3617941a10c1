export interface Emoji {
  sign: string;
  /** What it is found by, in every language of the interface. */
  words: string;
}

/** Signs that stand for what apps do, with words in English, Chinese and Japanese. */
export const EMOJI: readonly Emoji[] = `
🤖 robot bot assistant 机器人 助手 ロボット アシスタント
💬 chat talk speech 聊天 对话 会話 チャット
🧠 brain mind think 大脑 思考 脳 思考
✨ sparkles magic new 闪亮 魔法 きらきら 魔法
🧵 thread weave 线 织 糸
🪡 needle sew 针 缝 針 縫う
📝 note write memo 笔记 写作 メモ 書く
✍️ writing hand author 书写 作者 執筆 手
📚 books library knowledge 书 知识 本 知識 図書
📖 book read open 阅读 书本 読む 本
🔍 search find magnifier 搜索 查找 検索 虫眼鏡
🔎 search look detail 搜索 细看 検索 調べる
💡 idea bulb light 灵感 点子 灯 アイデア 電球
🎯 target goal aim 目标 目標 的
🚀 rocket launch fast 火箭 发布 ロケット 起動
⚡ lightning fast energy 闪电 快 稲妻 速い
🔥 fire hot trend 火 热门 火 人気
⭐ star favourite best 星 收藏 星 お気に入り
🌟 star shining 星星 发光 星 輝く
🏆 trophy win best 奖杯 冠军 トロフィー 優勝
🎓 study school learn graduate 学习 毕业 学校 学習 卒業
🏫 school class 学校 课堂 学校 授業
👩‍🏫 teacher lesson tutor 老师 课程 先生 授業
🧑‍💻 developer code program 开发 程序员 开发者 開発者 プログラマー
💻 computer laptop code 电脑 代码 パソコン コード
🖥️ desktop computer server 台式机 服务器 デスクトップ サーバー
🛠️ tools build repair 工具 修理 道具 修理
🔧 wrench fix tool 扳手 修 レンチ 修理
⚙️ gear settings 齿轮 设置 歯車 設定
🧰 toolbox tools 工具箱 工具箱
🧪 test experiment lab 测试 实验 実験 テスト
🔬 microscope science research 显微镜 科学 研究 顕微鏡 科学
🧬 gene biology 基因 生物 遺伝子 生物
📊 chart bar data 图表 数据 グラフ データ
📈 chart growth up 增长 上升 成長 上昇
📉 chart down loss 下降 减少 下降 減少
🧮 abacus count calculate 算盘 计算 そろばん 計算
🗂️ folder sort files 文件夹 分类 フォルダー 整理
📁 folder files 文件夹 フォルダー
📄 page document 文档 页面 文書 ページ
📑 tabs document report 报告 文档 報告 書類
🧾 receipt invoice bill 收据 发票 账单 領収書 請求
📋 clipboard list form 清单 表单 一覧 フォーム
✅ check done task 完成 任务 完了 タスク
☑️ checkbox vote 勾选 投票 チェック
📌 pin mark 图钉 标记 ピン 印
🔖 bookmark tag 书签 标签 しおり タグ
🏷️ label tag price 标签 价格 ラベル 値札
📅 calendar date plan 日历 日期 计划 カレンダー 予定
⏰ alarm clock time 闹钟 时间 目覚まし 時間
⏳ hourglass wait time 沙漏 等待 砂時計 待つ
📬 mail letter inbox 邮件 信箱 メール 郵便
✉️ envelope mail letter 信封 邮件 封筒 メール
📨 incoming mail message 来信 消息 受信 メッセージ
📣 megaphone announce marketing 喇叭 宣传 营销 告知 宣伝
📢 loudspeaker news 扩音器 通知 拡声器 お知らせ
🔔 bell alert 铃 提醒 ベル 通知
📰 news paper article 新闻 报纸 文章 ニュース 新聞 記事
🗞️ newspaper press 报纸 媒体 新聞 報道
🌐 globe web translate language 网络 翻译 语言 ウェブ 翻訳 言語
🌍 earth world 地球 世界 地球 世界
🗺️ map travel route 地图 旅行 地図 旅行
🧭 compass guide direction 指南针 向导 方向 コンパス 案内
✈️ plane travel flight 飞机 旅行 航班 飛行機 旅行
🚗 car drive 汽车 驾驶 車 運転
🚚 truck delivery 卡车 配送 トラック 配送
🚦 traffic light route decide 红绿灯 路由 信号 分岐
🏠 house home 房子 家 家
🏢 office building company 公司 办公楼 会社 ビル
🏦 bank finance 银行 金融 銀行 金融
🏥 hospital health 医院 健康 病院 健康
💊 pill medicine 药 医疗 薬 医療
🩺 doctor health check 医生 听诊器 医師 診察
❤️ heart love health 心 爱 ハート 愛
💰 money bag finance 钱 财务 お金 財務
💳 card payment 信用卡 支付 カード 支払い
🛒 cart shop buy 购物车 商店 カート 買い物
🛍️ shopping bags store 购物 商店 買い物 店
🎁 gift present 礼物 贈り物 ギフト
🎫 ticket support event 工单 票 活动 チケット 券
🎧 headphones support music 耳机 客服 音乐 ヘッドホン サポート 音楽
☎️ telephone call contact 电话 联系 電話 連絡
🤝 handshake deal partner 握手 合作 握手 協力
👋 hello wave greet 你好 挥手 こんにちは 手を振る
🙋 help question raise hand 提问 帮助 質問 挙手
👥 people team users 团队 用户 チーム 人々
🧑‍💼 office worker business 职员 商务 会社員 仕事
🧑‍⚖️ judge law legal 法官 法律 裁判官 法律
⚖️ scales law compare 天平 法律 比较 天秤 法律 比較
🛡️ shield protect security 盾 安全 盾 安全
🔒 lock secure private 锁 安全 鍵 安全
🔑 key access 钥匙 权限 鍵 アクセス
🕵️ detective investigate 侦探 调查 探偵 調査
🎨 art paint design 艺术 设计 绘画 芸術 デザイン
🖼️ picture image frame 图片 画框 画像 額
📷 camera photo 相机 照片 カメラ 写真
🎬 film video movie 电影 视频 映画 動画
🎵 music note song 音乐 歌 音楽 歌
🎙️ microphone podcast voice 麦克风 播客 语音 マイク 音声
🔊 speaker sound loud 扬声器 声音 スピーカー 音
🎮 game play 游戏 ゲーム 遊び
🎲 dice random chance 骰子 随机 サイコロ 偶然
🧩 puzzle plugin piece 拼图 插件 パズル プラグイン
♟️ chess strategy 国际象棋 策略 チェス 戦略
🎭 theatre role drama 戏剧 角色 演劇 役
🎉 party celebrate 庆祝 派对 お祝い パーティー
🌤️ weather sun cloud 天气 太阳 云 天気 太陽 雲
☀️ sun weather bright 太阳 晴 太陽 晴れ
🌙 moon night 月亮 夜 月 夜
🌈 rainbow colour 彩虹 颜色 虹 色
🌱 plant seed grow 植物 幼苗 成长 植物 芽 成長
🌳 tree nature 树 自然 木 自然
🌸 flower blossom 花 樱花 花 桜
🐶 dog pet animal 狗 宠物 犬 ペット
🐱 cat pet animal 猫 宠物 猫 ペット
🦉 owl wise night 猫头鹰 智慧 フクロウ 知恵
🦊 fox clever 狐狸 聪明 狐 賢い
🐝 bee busy honey 蜜蜂 忙 蜂 働き者
🕷️ spider web crawl 蜘蛛 爬虫 クモ クロール
🐳 whale sea 鲸鱼 海 クジラ 海
🦜 parrot speak repeat 鹦鹉 说话 オウム 話す
🍳 cook recipe food 烹饪 食谱 料理 レシピ
🍽️ restaurant meal food 餐厅 用餐 レストラン 食事
☕ coffee break 咖啡 休息 コーヒー 休憩
🍎 apple fruit teacher 苹果 水果 りんご 果物
🏃 run sport fast 跑步 运动 走る 運動
⚽ football sport ball 足球 运动 サッカー スポーツ
🧘 calm yoga meditation 冥想 瑜伽 瞑想 ヨガ
💼 briefcase business work 公文包 商务 工作 鞄 仕事
🪪 identity card 身份证 名片 身分証
🧑‍🔧 mechanic engineer repair 技工 工程师 整備士 技術者
🏗️ construction build crane 建筑 施工 建設 工事
🏭 factory industry 工厂 工业 工場 産業
🔗 link chain connect 链接 连接 リンク 接続
🔄 repeat sync convert 循环 同步 转换 繰り返し 同期 変換
🔀 shuffle route branch 分支 随机 分岐 シャッフル
🗳️ vote ballot survey 投票 调查 投票 調査
❓ question ask help 问题 疑问 質問 疑問
❗ important attention 重要 注意 重要 注意
🧹 clean broom tidy 清洁 整理 掃除 整理
🪄 wand magic generate 魔杖 生成 杖 魔法 生成
`
  .trim()
  .split("\n")
  .map((line) => {
    const [sign = "", ...words] = line.split(" ");
    return { sign, words: words.join(" ") };
  });

/** Those whose words have everything that was typed. */
export function emojiFor(query: string): readonly Emoji[] {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return EMOJI;
  return EMOJI.filter(({ sign, words }) => sign === wanted || wanted.split(/\s+/).every((word) => words.includes(word)));
}

/** Grounds for an emoji, light enough for any of them in either theme. */
export const GROUNDS = ["#FFEAD5", "#FEE4E2", "#FCE7F3", "#F4EBFF", "#E0EAFF", "#D5F0FE", "#D3F8DF", "#E9F5C9", "#FEF3C7", "#E7E5E4"] as const;
